import Bootloader
import CoAP
import FirmwareImage

extension UpdateMachine where Flash: ~Copyable {
    /// Asks for block 0.
    mutating func beginChecking(now: Duration) {
        let progress = engine.progress
        counters.requests &+= progress.requests
        counters.retransmissions &+= progress.retransmissions
        engine.start(now: now)
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
        if isKnown(named, flash: &flash) { return }
        guard journal.isResumable, let identity = journal.current?.identity, identity.etag == named else {
            phase = .checking(held: nil)
            return
        }
        let adopted = TransferIdentity(etag: named, sizeBytes: identity.sizeBytes, szx: identity.szx)
        isJournalBelieved = true
        engine.adopt(identity: adopted, now: now)
        if let error = engine.failure {
            transferFailed(error, now: now)
        } else if admit(identity.version) {
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
        if let etag = identity.etag, isKnown(etag, flash: &flash) { return }
        let admission = Admission(
            payload: payload,
            isWhole: isLast,
            sizeBytes: identity.sizeBytes,
            maximumBytes: configuration.map.maximumImageSizeBytes,
            running: survey.running
        )
        switch admission {
        case .upToDate:
            if let running = survey.running { finish(.upToDate(running.summary)) }
        case .refuse(let reason):
            finish(.refused(reason))
        case .blockTooSmall:
            let needed = UInt32(ImageHeader.byteCount)
            let fault = ConfigurationFault.blocksTooSmall(blockBytes: 16 << UInt32(identity.szx), neededBytes: needed)
            finish(.misconfigured(fault))
        case .download(let version, let leastSizeBytes):
            guard admit(version) else { return }
            let offered = JournalIdentity(
                productID: configuration.productID,
                etag: identity.etag,
                szx: identity.szx,
                sizeBytes: identity.sizeBytes ?? leastSizeBytes,
                isSizeExact: identity.sizeBytes != nil,
                version: version
            )
            if isJournal(of: offered) {
                resume(flash: &flash, now: now)
            } else {
                begin(offered, flash: &flash, now: now)
            }
            guard case .downloading = phase else { return }
            store(payload, at: 0, isLast: isLast, flash: &flash, now: now)
        }
    }

    /// Whether an image of this version may be downloaded now; ends the update if not.
    private mutating func admit(_ version: ImageVersion) -> Bool {
        guard !survey.isTrial else {
            // The secondary slot holds what the device goes back to.
            finish(.interrupted(.trialUnconfirmed(offered: version)))
            return false
        }
        return true
    }

    /// Whether an ETag names an image that is on the device as a whole, or was refused; ends the update if so.
    private mutating func isKnown(_ etag: ETag, flash: inout Flash) -> Bool {
        if let running = survey.running, running.etag == etag {
            finish(.upToDate(running.summary))
            return true
        }
        if let refused = survey.refused, refused.etag == etag {
            finish(.refusedEarlier(refused.reason))
            return true
        }
        guard let candidate = survey.candidate else { return false }
        let isJournals = journal.current.map { $0.isSealed && $0.identity.etag == etag } ?? false
        guard candidate.image.etag == etag || isJournals else { return false }
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
        return true
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
