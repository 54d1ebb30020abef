import Bootloader
import CoAP
import FirmwareImage
import Flash

extension UpdateMachine where Flash: ~Copyable {
    /// A block that the engine found new.
    mutating func arrived(
        _ payload: RawSpan,
        at byteOffset: UInt32,
        isLast: Bool,
        flash: inout Flash,
        now: Duration
    ) {
        switch phase {
        case .checking:
            arrivedFirst(payload, isLast: isLast, flash: &flash, now: now)
        case .downloading:
            store(payload, at: byteOffset, isLast: isLast, flash: &flash, now: now)
        case .idle, .verifying, .finished:
            break
        }
    }

    /// Begins a download without progress.
    mutating func begin(_ identity: JournalIdentity, flash: inout Flash, now: Duration) {
        if let fault = blockSizeFault(identity.szx) {
            finish(.misconfigured(fault))
            return
        }
        do throws(FlashError) {
            // The only image that there is: the next boot brings it where it runs.
            let scan = SlotScan<Cryptography>(map: configuration.map, trust: survey.trust)
            if survey.running == nil, try scan.image(in: .secondary, flash: &flash) != nil {
                finish(.interrupted(.swapUnderWay))
                return
            }
        } catch {
            flashFailed(error)
            return
        }
        let refusals = journal.refusals(of: identity)
        let tried = triedDigest(of: identity.version)
        // In this order: a cut must leave neither progress of what is overwritten, nor a request to boot it, nor the
        // belief that it was tried and rolled back.
        do { try journal.drop(&flash) } catch {
            flashFailed(error)
            return
        }
        forgetSecondary()
        do { try SlotControl(map: configuration.map).prepareSecondary(flash: &flash) } catch {
            slotFailed(error)
            return
        }
        do {
            try journal.begin(identity, refusals: refusals, tried: tried, flash: &flash)
        } catch {
            switch error {
            case .areaTooSmall: finish(.misconfigured(.journalTooSmall))
            case .flash(let error): flashFailed(error)
            }
            return
        }
        writer.reset()
        account.beganDownload()
        enter(.downloading(isJournalBelieved: false))
        engine.proceed(now: now)
    }

    /// The digest's first 8 bytes of an image of this version that was tried and rolled back; 0: there is none.
    private func triedDigest(of version: ImageVersion) -> UInt64 {
        if case .rolledBack(let image) = survey.candidate, image.version == version { return image.etag.value }
        guard let current = journal.current, current.identity.version == version else { return 0 }
        return current.refusal?.tried ?? current.tried
    }

    /// Goes on with the journal's download. Whether it is whole is for the caller to ask: a block 0 in hand is not in
    /// flash yet.
    mutating func resume(isJournalBelieved: Bool, flash: inout Flash, now: Duration) {
        guard let current = journal.current, let identity = engine.identity else { return }
        if let fault = blockSizeFault(identity.szx) {
            finish(.misconfigured(fault))
            return
        }
        writer.reset()
        do throws(StoreError) {
            try writer.resume(from: &journal, flash: &flash)
        } catch {
            storeFailed(error, flash: &flash, now: now)
            return
        }
        markReceived(of: current.identity.sizeBytes)
        enter(.downloading(isJournalBelieved: isJournalBelieved))
        engine.proceed(now: now)
    }

    /// Tells the engine of the blocks that are in flash as a whole.
    private mutating func markReceived(of sizeBytes: UInt32) {
        let blockBytes = UInt32(engine.blockBytes)
        var inFlash: UInt32 = 0
        var start: UInt32 = 0
        var block: UInt32 = 0
        while start < sizeBytes {
            let length = min(blockBytes, sizeBytes - start)
            if journal.isMarked(bytes: start..<start + length) {
                engine.markReceived(blockNumber: block)
                inFlash += length
            }
            start += length
            block += 1
        }
        account.resumedDownload(bytesInFlash: inFlash)
    }

    /// Puts a block into flash.
    mutating func store(
        _ payload: RawSpan,
        at byteOffset: UInt32,
        isLast: Bool,
        flash: inout Flash,
        now: Duration
    ) {
        do throws(StoreError) {
            try noteBlockSize(flash: &flash)
            let account = engine.blocks
            try writer.store(
                payload,
                at: byteOffset,
                isLast: isLast,
                imageEnd: engine.identity?.sizeBytes,
                account: account,
                journal: &journal,
                flash: &flash
            )
        } catch {
            storeFailed(error, flash: &flash, now: now)
            return
        }
        account.storedBlock(now: now)
        completeIfWhole(now: now)
    }

    /// Remembers that smaller blocks are needed than the journal says, so that the next run begins with them.
    private mutating func noteBlockSize(flash: inout Flash) throws(StoreError) {
        guard let szx = engine.identity?.szx, let known = journal.current?.identity.szx, szx < known else { return }
        guard blockSizeFault(szx) == nil else { throw .blockBelowWriteAlignment }
        do { try journal.noteBlockSize(szx, flash: &flash) } catch { throw .flash(error) }
    }

    /// The representation is another one than the one begun, or contradicts itself: start over, but not for ever.
    mutating func restart(_ cause: RestartCause, flash: inout Flash, now: Duration) {
        guard account.restarted(cause) <= configuration.maximumRestarts else {
            finish(.interrupted(.unstableImage))
            return
        }
        if journal.current?.isSealed == false {
            do { try journal.drop(&flash) } catch {
                flashFailed(error)
                return
            }
        }
        beginChecking(now: now)
    }

    /// Goes over to verifying once every block is in flash.
    mutating func completeIfWhole(now: Duration) {
        guard case .downloading = phase, engine.isComplete else { return }
        enter(.verifying(sizeBytes: engine.identity?.sizeBytes ?? 0))
    }

    /// What follows from a block that could not be stored.
    private mutating func storeFailed(_ error: StoreError, flash: inout Flash, now: Duration) {
        switch error {
        case .imageTooLarge:
            let maximumBytes = configuration.map.maximumImageSizeBytes
            let reason = RefusalReason.tooLarge(sizeBytes: engine.identity?.sizeBytes, maximumBytes: maximumBytes)
            // Seen only now, as the server did not tell the size.
            refuse(reason, sizeBytes: nil, flash: &flash)
        case .blockBelowWriteAlignment:
            finish(.misconfigured(blocksTooSmall(engine.identity?.szx ?? 0)))
        case .contradicted:
            restart(.contradicted, flash: &flash, now: now)
        case .torn(let range):
            guard account.foundTornSector() <= configuration.maximumTornSectors else {
                flashFailed(.notErased(address: configuration.map.secondary.offset + range.lowerBound))
                return
            }
            do throws(StoreError) {
                try writer.discard(range, journal: &journal, flash: &flash)
            } catch {
                if case .flash(let flashError) = error { flashFailed(flashError) }
                return
            }
            // What is marked stays; block 0 or a 2.03 shows that the server still has the same.
            beginChecking(now: now)
        case .flash(let error):
            flashFailed(error)
        }
    }

    /// What is wrong with blocks of this size; nil: they can be written.
    private func blockSizeFault(_ szx: UInt8) -> ConfigurationFault? {
        UInt32(16) << UInt32(szx) < configuration.map.geometry.writeAlignmentBytes ? blocksTooSmall(szx) : nil
    }

    private func blocksTooSmall(_ szx: UInt8) -> ConfigurationFault {
        .blocksTooSmall(
            blockBytes: 16 << UInt32(szx),
            neededBytes: configuration.map.geometry.writeAlignmentBytes
        )
    }
}
