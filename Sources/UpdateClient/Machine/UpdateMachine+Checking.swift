import Bootloader
import CoAP
import FirmwareImage

extension UpdateMachine where Flash: ~Copyable {
    /// Asks for block 0.
    mutating func beginChecking(now: Duration) {
        let progress = engine.progress
        counters.requests &+= progress.requests
        counters.retransmissions &+= progress.retransmissions
        let isRemembered = configuration.remembersBlockSize && journal.isResumable
        engine.start(szx: isRemembered ? journal.current?.identity.szx : nil, now: now)
        let held = survey.heldETags(journal, productID: configuration.productID)
        phase = .checking(held: held.count > 0 ? held : nil)
    }

    /// Asks for block 0 without a word of what is held: its answer says what the journal may have wrong.
    mutating func doubtJournal(now: Duration) {
        isJournalBelieved = false
        beginChecking(now: now)
        phase = .checking(held: nil)
    }

    /// The server still has what one of the ETags names.
    mutating func notModified(_ etag: ETag?, flash: inout Flash, now: Duration) {
        guard case .checking(let held) = phase, let held else { return }
        // A 2.03 names the ETag (RFC 7252 § 5.9.1.3); if there was only one to name, it is clear anyway.
        let named = etag ?? (held.count == 1 ? held[0] : nil)
        guard let named, held.contains(named) else {
            // Then without: block 0 will tell.
            phase = .checking(held: nil)
            return
        }
        if conclude(named, flash: &flash) { return }
        guard journal.isResumable, let identity = journal.current?.identity, identity.etag == named else {
            phase = .checking(held: nil)
            return
        }
        let adopted = TransferIdentity(etag: named, sizeBytes: identity.sizeBytes, szx: engine.requestSZX)
        isJournalBelieved = true
        engine.adopt(identity: adopted, now: now)
        if let error = engine.failure {
            transferFailed(error, now: now)
        } else if mayDownload(identity.version) {
            resume(flash: &flash, now: now)
            completeIfWhole(now: now)
        }
    }

    /// Block 0 of what the server has.
    mutating func arrivedFirst(
        _ payload: RawSpan,
        isLast: Bool,
        flash: inout Flash,
        now: Duration
    ) {
        guard let identity = engine.identity else { return }
        if let provisioned = survey.trust.productID, provisioned != configuration.productID {
            // Only now, so that a product which the server does not know either is reported as such.
            let reason = RefusalReason.wrongProduct(offered: configuration.productID, provisioned: provisioned)
            finish(.refused(reason))
            return
        }
        if let etag = identity.etag, conclude(etag, flash: &flash) { return }
        let admission = Admission(
            payload: payload,
            isWhole: isLast,
            sizeBytes: identity.sizeBytes,
            maximumBytes: configuration.map.maximumImageSizeBytes,
            running: survey.running
        )
        switch admission {
        case .upToDate:
            concludeUpToDate()
        case .refuse(let reason):
            finish(.refused(reason))
        case .blockTooSmall:
            let needed = UInt32(ImageHeader.byteCount)
            let fault = ConfigurationFault.blocksTooSmall(blockBytes: 16 << UInt32(identity.szx), neededBytes: needed)
            finish(.misconfigured(fault))
        case .download(let version, let leastSizeBytes):
            guard mayDownload(version) else { return }
            let offered = JournalIdentity(
                productID: configuration.productID,
                etag: identity.etag,
                szx: identity.szx,
                sizeBytes: identity.sizeBytes ?? leastSizeBytes,
                isSizeExact: identity.sizeBytes != nil,
                version: version
            )
            if concludeAlike(offered, block0: payload, flash: &flash) { return }
            if isJournal(of: offered) {
                resume(flash: &flash, now: now)
            } else {
                begin(offered, flash: &flash, now: now)
            }
            guard case .downloading = phase else { return }
            store(payload, at: 0, isLast: isLast, flash: &flash, now: now)
        }
    }

    /// Ends the update, unless an image of this version may be downloaded now.
    private mutating func mayDownload(_ version: ImageVersion) -> Bool {
        guard !survey.isTrial else {
            // The secondary slot holds what the device goes back to.
            finish(.interrupted(.trialUnconfirmed(running: survey.running?.summary, offered: version)))
            return false
        }
        return true
    }

    /// The server has nothing newer than what runs.
    private mutating func concludeUpToDate() {
        guard let running = survey.running else { return }
        if survey.isTrial {
            finish(.interrupted(.trialUnconfirmed(running: running.summary, offered: nil)))
        } else if case .pending(let image) = survey.candidate {
            finish(.withdrawn(pending: image.summary))
        } else {
            finish(.upToDate(running.summary))
        }
    }

    /// Ends the update if an ETag names an image that is on the device as a whole, or was refused. Only ETags that are
    /// made of the bytes do: any other may name another image by now.
    private mutating func conclude(_ etag: ETag, flash: inout Flash) -> Bool {
        if let running = survey.running, running.etag == etag {
            concludeUpToDate()
            return true
        }
        if let refused = survey.refused, refused.isProven, refused.etag == etag {
            finish(.refusedEarlier(refused.reason))
            return true
        }
        guard let candidate = survey.candidate, candidate.image.etag == etag else { return false }
        conclude(candidate, flash: &flash)
        return true
    }

    /// The same for a server whose ETags are not made of the bytes: version, size and block 0 tell what is offered.
    private mutating func concludeAlike(
        _ offered: JournalIdentity,
        block0 payload: RawSpan,
        flash: inout Flash
    ) -> Bool {
        if let refused = survey.refused, journal.isRefused(offered) {
            do { try journal.noteOffer(&flash) } catch {
                flashFailed(error)
                return true
            }
            finish(.refusedEarlier(refused.reason))
            return true
        }
        guard let candidate = survey.candidate, candidate.image.version == offered.version, offered.isSizeExact,
            candidate.image.sizeBytes == offered.sizeBytes, !areETagsOfBytes(candidate.image)
        else { return false }
        do throws(StoreError) {
            guard try writer.holds(payload, at: 0, reads: 1, flash: &flash) else { return false }
        } catch {
            if case .flash(let error) = error { flashFailed(error) }
            return true
        }
        conclude(candidate, flash: &flash)
        return true
    }

    /// Whether the server's ETag of an image that is here as a whole was made of its bytes.
    private func areETagsOfBytes(_ image: InstalledImage) -> Bool {
        journal.current?.isSealed == true && journal.current?.identity.etag == image.etag
    }

    /// Ends the update: the server offers what is in the secondary slot.
    private mutating func conclude(_ candidate: DeviceSurvey.Candidate, flash: inout Flash) {
        switch candidate {
        case .pending(let image):
            finish(.committed(image.summary))
        case .verified(let image):
            commit(image.summary, flash: &flash)
        case .rolledBack(let image):
            if configuration.retriesRefused || survey.running == nil {
                commit(image.summary, flash: &flash)
            } else {
                finish(.refused(.rolledBack(image.version)))
            }
        }
    }

    /// Whether the journal's progress is of just this representation.
    private func isJournal(of offered: JournalIdentity) -> Bool {
        guard let current = journal.current, !current.isSealed, current.refusal == nil, offered.etag != nil else {
            return false
        }
        var known = current.identity
        // Blocks of another size are no other representation.
        known.szx = offered.szx
        return known == offered && offered.isSizeExact
    }
}
