import Bootloader
import CoAP
import FirmwareImage

extension UpdateMachine where Flash: ~Copyable {
    /// Asks for block 0.
    mutating func beginChecking(now: Duration) {
        account.beganChecking(after: engine.progress)
        let isRemembered = configuration.remembersBlockSize && journal.isResumable
        engine.start(szx: isRemembered ? journal.current?.identity.szx : nil, now: now)
        let held = survey.heldETags(journal, productID: configuration.productID)
        enter(.checking(held: held.count > 0 ? held : nil))
    }

    /// Asks for block 0 without a word of what is held: its answer says what the journal may have wrong.
    mutating func doubtJournal(now: Duration) {
        beginChecking(now: now)
        enter(.checking(held: nil))
    }

    /// The server still has what one of the ETags names.
    mutating func notModified(_ etag: ETag?, flash: inout Flash, now: Duration) {
        guard case .checking(let held) = phase, let held else { return }
        // A 2.03 names the ETag (RFC 7252 § 5.9.1.3); if there was only one to name, it is clear anyway.
        let named = etag ?? (held.count == 1 ? held[0] : nil)
        guard let named, held.contains(named) else {
            // Then without: block 0 will tell.
            enter(.checking(held: nil))
            return
        }
        if let conclusion = conclusion(from: named) {
            act(on: conclusion, flash: &flash)
            return
        }
        guard journal.isResumable, let identity = journal.current?.identity, identity.etag == named else {
            enter(.checking(held: nil))
            return
        }
        let adopted = TransferIdentity(etag: named, sizeBytes: identity.sizeBytes, szx: engine.requestSZX)
        engine.adopt(identity: adopted, now: now)
        if let error = engine.failure {
            transferFailed(error, now: now)
        } else if let outcome = objectionToDownload(of: identity.version) {
            finish(outcome)
        } else {
            resume(isJournalBelieved: true, flash: &flash, now: now)
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
        if let etag = identity.etag, let conclusion = conclusion(from: etag) {
            act(on: conclusion, flash: &flash)
            return
        }
        let admission = Admission(
            payload: payload,
            isWhole: isLast,
            sizeBytes: identity.sizeBytes,
            maximumBytes: configuration.map.maximumImageSizeBytes,
            running: survey.running
        )
        switch admission {
        case .upToDate:
            if let running = survey.running { finish(outcomeWithNothingNewer(than: running)) }
        case .refuse(let reason):
            finish(.refused(reason))
        case .blockTooSmall:
            let needed = UInt32(ImageHeader.byteCount)
            let fault = ConfigurationFault.blocksTooSmall(blockBytes: 16 << UInt32(identity.szx), neededBytes: needed)
            finish(.misconfigured(fault))
        case .download(let version, let leastSizeBytes):
            if let outcome = objectionToDownload(of: version) {
                finish(outcome)
                return
            }
            let offered = JournalIdentity(
                productID: configuration.productID,
                etag: identity.etag,
                szx: identity.szx,
                sizeBytes: identity.sizeBytes ?? leastSizeBytes,
                isSizeExact: identity.sizeBytes != nil,
                version: version
            )
            let conclusion: Conclusion?
            do throws(StoreError) {
                conclusion = try conclusionWithoutETag(from: offered, block0: payload, flash: &flash)
            } catch {
                if case .flash(let error) = error { flashFailed(error) }
                return
            }
            if let conclusion {
                act(on: conclusion, flash: &flash)
                return
            }
            if isJournal(of: offered) {
                resume(isJournalBelieved: false, flash: &flash, now: now)
            } else {
                begin(offered, flash: &flash, now: now)
            }
            guard case .downloading = phase else { return }
            store(payload, at: 0, isLast: isLast, flash: &flash, now: now)
        }
    }

    /// Why an image of this version may not be downloaded now; nil: it may.
    private func objectionToDownload(of version: ImageVersion) -> UpdateOutcome? {
        // The secondary slot holds what the device goes back to.
        survey.isTrial
            ? .interrupted(.trialUnconfirmed(running: survey.running?.summary, offered: version)) : nil
    }

    /// What it comes to if the server has nothing newer than what runs.
    private func outcomeWithNothingNewer(than running: InstalledImage) -> UpdateOutcome {
        if survey.isTrial { return .interrupted(.trialUnconfirmed(running: running.summary, offered: nil)) }
        if case .pending(let image) = survey.candidate { return .withdrawn(pending: image.summary) }
        return .upToDate(running.summary)
    }

    /// What an ETag says by itself, if it names an image that is on the device as a whole, or was refused. Only ETags
    /// that are made of the bytes do: any other may name another image by now.
    private func conclusion(from etag: ETag) -> Conclusion? {
        if let running = survey.running, running.etag == etag { return .end(outcomeWithNothingNewer(than: running)) }
        if let refused = survey.refused, refused.isProven, refused.etag == etag {
            return .end(.refusedEarlier(refused.reason))
        }
        guard let candidate = survey.candidate, candidate.image.etag == etag else { return nil }
        return conclusion(from: candidate)
    }

    /// The same for a server whose ETags are not made of the bytes: version, size and block 0 tell what is offered.
    private mutating func conclusionWithoutETag(
        from offered: JournalIdentity,
        block0 payload: RawSpan,
        flash: inout Flash
    ) throws(StoreError) -> Conclusion? {
        if let refused = survey.refused, journal.isRefused(offered) { return .passOver(refused.reason) }
        guard let candidate = survey.candidate, candidate.image.version == offered.version, offered.isSizeExact,
            candidate.image.sizeBytes == offered.sizeBytes, !areETagsOfBytes(candidate.image),
            try writer.holds(payload, at: 0, reads: 1, flash: &flash)
        else { return nil }
        return conclusion(from: candidate)
    }

    /// Whether the server's ETag of an image that is here as a whole was made of its bytes.
    private func areETagsOfBytes(_ image: InstalledImage) -> Bool {
        journal.current?.isSealed == true && journal.current?.identity.etag == image.etag
    }

    /// The server offers what is in the secondary slot.
    private func conclusion(from candidate: DeviceSurvey.Candidate) -> Conclusion {
        switch candidate {
        case .pending(let image):
            .end(.committed(image.summary))
        case .verified(let image):
            .commit(image.summary)
        case .rolledBack(let image):
            configuration.retriesRefused || survey.running == nil
                ? .commit(image.summary) : .end(.refused(.rolledBack(image.version)))
        }
    }

    private mutating func act(on conclusion: Conclusion, flash: inout Flash) {
        switch conclusion {
        case .end(let outcome):
            finish(outcome)
        case .commit(let image):
            commit(image, flash: &flash)
        case .passOver(let reason):
            do { try journal.noteOffer(&flash) } catch {
                flashFailed(error)
                return
            }
            finish(.refusedEarlier(reason))
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

/// What follows, without a download, from what the server offers.
private enum Conclusion {
    case end(UpdateOutcome)
    /// The image in the secondary slot is handed to the bootloader.
    case commit(ReleaseSummary)
    /// It was refused, which is not proven: this offer counts towards trying it again.
    case passOver(RefusalReason)
}
