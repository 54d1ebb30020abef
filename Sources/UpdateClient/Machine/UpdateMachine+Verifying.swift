import Bootloader
import CoAP
import FirmwareImage
import Flash

extension UpdateMachine where Flash: ~Copyable {
    /// Every block is in flash: verify what is there, and hand it to the bootloader.
    mutating func verify(sizeBytes: UInt32, flash: inout Flash, now: Duration) {
        var trust = survey.trust
        trust.productID = configuration.productID
        let contents: SlotContents
        do throws(FlashError) {
            contents = try SlotVerifier<Cryptography>.contents(
                of: .secondary,
                flash: &flash,
                map: configuration.map,
                trust: trust
            )
        } catch {
            flashFailed(error)
            return
        }
        switch contents {
        case .image(let image):
            if let reason = objection(to: image, sizeBytes: sizeBytes) {
                refuse(reason, sizeBytes: sizeBytes, flash: &flash)
            } else {
                commitUnlessTried(image, flash: &flash)
            }
        case .none(.source(.unreadable(let code))):
            flashFailed(.io(code))
        case .none(.wrongProduct(let found, let expected)):
            refuse(.wrongProduct(offered: found, provisioned: expected), sizeBytes: sizeBytes, flash: &flash)
        case .none(let error):
            if error.isAboutSigner {
                refuse(.image(error), sizeBytes: sizeBytes, flash: &flash)
            } else {
                damaged(error, sizeBytes: sizeBytes, flash: &flash, now: now)
            }
        }
    }

    /// The image is not whole in itself. If it is what the ETag names, or came twice the same, then that is the
    /// release. Otherwise the bytes are wrong: damaged or forged on the way, or of two images under one ETag; so from
    /// the start, once.
    private mutating func damaged(_ error: ImageError, sizeBytes: UInt32, flash: inout Flash, now: Duration) {
        let digest: UInt64
        do { digest = try payloadDigest(sizeBytes, &flash) } catch {
            flashFailed(error)
            return
        }
        let isOffered = journal.current?.identity.etag == ETag(digest)
        if isOffered || damagedDigest == digest {
            refuse(.image(error), sizeBytes: sizeBytes, flash: &flash)
        } else if damagedDigest == nil {
            noteDamaged(digest: digest)
            restart(.damaged, flash: &flash, now: now)
        } else {
            refuse(.image(error), sizeBytes: sizeBytes, outcome: .interrupted(.damagedDownload), flash: &flash)
        }
    }

    /// Hands the image over, if it is not one that was tried before, under another ETag.
    private mutating func commitUnlessTried(_ image: VerifiedImage, flash: inout Flash) {
        if let tried = journal.current?.tried, tried != 0, !configuration.retriesRefused {
            let digest: UInt64
            do { digest = try payloadDigest(image.totalSizeBytes, &flash) } catch {
                flashFailed(error)
                return
            }
            if digest == tried {
                refuse(.rolledBack(image.version), sizeBytes: image.totalSizeBytes, flash: &flash)
                return
            }
        }
        commit(ReleaseSummary(version: image.version, sizeBytes: image.totalSizeBytes), flash: &flash)
    }

    /// Tells the bootloader to try the image in the secondary slot, which is verified.
    ///
    /// The seal comes first: from here on the marks are not believed any more, because a swap puts another image into
    /// the slot. A cut after it is made up for at the next start, see `Surveyor`.
    mutating func commit(_ image: ReleaseSummary, flash: inout Flash) {
        do { try journal.seal(&flash) } catch {
            flashFailed(error)
            return
        }
        do { try SlotControl(map: configuration.map).markPending(.test, flash: &flash) } catch {
            slotFailed(error)
            return
        }
        do { try journal.recordInstallation(&flash) } catch {
            flashFailed(error)
            return
        }
        finish(.committed(image))
    }

    /// What follows when the slots' side of the boot refuses.
    mutating func slotFailed(_ error: SlotError) {
        switch error {
        case .unconfirmed:
            // Seen at the start of every update; whoever changed it meanwhile has the flash.
            finish(.interrupted(.trialUnconfirmed(running: nil, offered: nil)))
        case .swapUnderWay:
            finish(.interrupted(.swapUnderWay))
        case .noImage:
            finish(.refused(.image(.notAnImage)))
        case .flash(let error):
            flashFailed(error)
        }
    }

    /// What speaks against a verified image.
    private func objection(to image: VerifiedImage, sizeBytes: UInt32) -> RefusalReason? {
        // Completed by what the slot held before: not what was released.
        guard image.totalSizeBytes <= sizeBytes else { return .image(.truncated) }
        // The header was looked at in block 0 already; what counts is what is in flash now.
        if let running = survey.running, image.version < running.version {
            return .downgrade(offered: image.version, running: running.version)
        }
        return SecurityCounter.objection(
            toInstalling: SecurityCounter.value(of: image),
            over: survey.running?.securityCounter,
            recorded: survey.trust.securityCounter
        ).map { .image($0) }
    }

    /// Makes sure that nothing of a refused image is taken for progress or for an image, and that it is not downloaded
    /// again for nothing.
    ///
    /// - Parameters:
    ///   - reason: why.
    ///   - sizeBytes: of what was downloaded; nil: not all of it was.
    ///   - outcome: what it comes to; nil: the refusal.
    ///   - flash: the flash.
    mutating func refuse(
        _ reason: RefusalReason,
        sizeBytes: UInt32?,
        outcome: UpdateOutcome? = nil,
        flash: inout Flash
    ) {
        do throws(FlashError) {
            // Whether the bytes in flash are those that the server offers, as far as its ETag tells: a server of this
            // project makes it of the payload's digest. If not, they were damaged, or the ETag is made otherwise.
            var isProven = false
            var refusal = JournalRefusal(reason, anchorSetNumber: survey.trust.anchorSetNumber)
            if let sizeBytes {
                let digest = try payloadDigest(sizeBytes, &flash)
                isProven = journal.current?.identity.etag == ETag(digest)
                if case .rolledBack = reason { refusal = JournalRefusal(rolledBack: digest) }
            }
            try journal.refuse(refusal, sizeBytes: sizeBytes, isProven: isProven, flash: &flash)
            try flash.erase(sectorAt: configuration.map.secondary.offset)
            finish(outcome ?? .refused(reason))
        } catch {
            flashFailed(error)
        }
    }

    /// The first 8 bytes of the SHA-256 of what is in flash.
    private func payloadDigest(_ sizeBytes: UInt32, _ flash: inout Flash) throws(FlashError) -> UInt64 {
        let digest = try SlotVerifier<Cryptography>.digest(
            of: .secondary,
            byteCount: sizeBytes,
            flash: &flash,
            map: configuration.map
        )
        return digest.prefix64
    }
}

extension ImageError {
    /// The image is whole in itself: only who signed it, or for what, is wrong.
    fileprivate var isAboutSigner: Bool {
        switch self {
        case .unknownKey, .badSignature, .missingProduct, .wrongProduct, .securityCounterTooLow,
            .securityCounterTooHigh:
            true
        case .source, .notAnImage, .truncated, .headerSize, .unsupportedFlags, .malformedTLVArea, .malformedTLV,
            .duplicateTLV, .tooManyTLVs, .unprotectedTLV, .missingDigest, .digestMismatch:
            false
        }
    }
}
