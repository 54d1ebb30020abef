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
        case .interrupted, .unreachable:
            break
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

extension Scenario {
    /// Whether an update may be refused for this reason.
    func mayRefuse(_ reason: RefusalReason) -> Bool {
        switch (offer, reason) {
        case (.changedBit, _), (.truncated, _), (.otherKey, .image), (.otherProduct, .wrongProduct),
            (.otherProduct, .image), (.older, .downgrade):
            true
        default:
            false
        }
    }
}
