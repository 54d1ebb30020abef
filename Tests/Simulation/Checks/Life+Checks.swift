import Bootloader
import FirmwareImage
import UpdateClient

extension Life {
    /// What a run reports must be true.
    func checkOutcome(_ outcome: UpdateOutcome) throws {
        func violation(_ what: String) -> SimulationError { .violation("\(scenario.offer): \(what): \(outcome)") }
        switch outcome {
        case .committed(let summary):
            guard scenario.offer == .newer || scenario.offer == .newerThenNewest else { throw violation("committed") }
            guard let release = device.release(in: .secondary), release.count == Int(summary.sizeBytes) else {
                throw violation("reported, but other bytes are in the slot")
            }
            guard let running = device.report?.image.version, summary.version > running else {
                throw violation("not newer than what runs")
            }
        case .upToDate(let summary):
            guard summary.version == device.report?.image.version else { throw violation("that does not run") }
            guard scenario.offer == .same || summary.version > Releases.running else { throw violation("it is not") }
        case .refused(.rolledBack):
            guard scenario.offer == .newer || scenario.offer == .newerThenNewest else { throw violation("never tried") }
        case .refused(let reason), .refusedEarlier(let reason):
            guard scenario.mayRefuse(reason) else { throw violation("refused without a reason") }
        case .notAuthorised(.handshake):
            guard scenario.offer == .wrongKey else { throw violation("the key is right") }
        case .notAuthorised(.product):
            guard scenario.offer == .forbidden else { throw violation("it has the right") }
        case .unknownProduct:
            guard scenario.offer == .unknown else { throw violation("it is there") }
        case .withdrawn:
            throw violation("nothing is withdrawn here")
        case .interrupted(let reason):
            guard mayInterrupt(reason) else { throw violation("interrupted without a reason") }
        case .unreachable(let reason):
            guard reason != .authenticationFailed, reason != .refused else { throw violation("it is there") }
        case .rejected, .misconfigured:
            throw violation("never the case here")
        }
    }

    /// After the last fault: what could be reached was reached.
    func checkEnd() throws {
        func violation(_ what: String) -> SimulationError {
            .violation("\(scenario.offer): at the end \(what); outcomes \(outcomes), runs \(processes)")
        }
        guard let last = outcomes.last, let running = device.report?.image.version else { throw violation("nothing") }
        let isGood = scenario.offer == .newer || scenario.offer == .newerThenNewest
        guard isGood else {
            guard running == Releases.running else { throw violation("\(running) runs") }
            guard scenario.isEnd(last) else { throw violation("its outcome was not reached") }
            return
        }
        if case .refused(.rolledBack) = last {
            // A trial that was not confirmed, or whose power failed before it was.
            guard !scenario.confirms || !scenario.powerCuts.isEmpty else { throw violation("rolled back") }
            return
        }
        let newest = ImageVersion(major: 1, minor: scenario.offer == .newer ? 1 : 2, revision: 0)
        guard scenario.confirms, running == newest, device.confirmed == newest, case .upToDate = last else {
            throw violation("\(running) runs, \(device.confirmed) is confirmed")
        }
    }
}

extension Life {
    /// Whether an update may be interrupted for this reason.
    private func mayInterrupt(_ reason: InterruptionReason) -> Bool {
        switch reason {
        case .serverGone, .transfer: true
        case .trialUnconfirmed: device.report?.isTrial == true
        case .damagedDownload: scenario.offer == .changedBit || scenario.offer == .truncated
        // Nobody stops it, its flash fails by power cuts only, and releases do not go or change without end.
        case .stopped, .flash, .swapUnderWay, .productGone, .unstableImage: false
        }
    }
}

extension Scenario {
    /// Whether an update may be refused for this reason.
    func mayRefuse(_ reason: RefusalReason) -> Bool {
        switch (offer, reason) {
        case (.changedBit, .image), (.changedBit, .wrongProduct), (.changedBit, .downgrade), (.changedBit, .tooLarge),
            (.truncated, .image), (.otherKey, .image(.unknownKey)), (.otherProduct, .wrongProduct(8, 7)),
            (.older, .downgrade):
            true
        default:
            false
        }
    }

    /// Whether this is what the offer comes to when nothing is in the way.
    fileprivate func isEnd(_ outcome: UpdateOutcome) -> Bool {
        switch (offer, outcome) {
        case (.newer, _), (.newerThenNewest, _): false
        case (.changedBit, .refused), (.changedBit, .refusedEarlier), (.otherKey, .refused),
            (.otherKey, .refusedEarlier), (.truncated, .refused), (.truncated, .refusedEarlier),
            (.otherProduct, .refused), (.otherProduct, .refusedEarlier), (.older, .refused), (.same, .upToDate),
            (.forbidden, .notAuthorised(.product(.forbidden))), (.unknown, .unknownProduct),
            (.wrongKey, .notAuthorised(.handshake)):
            true
        default: false
        }
    }
}
