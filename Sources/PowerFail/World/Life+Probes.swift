import Bootloader
import FirmwareImage
import Flash
import UpdateClient

/// `confirm`, `update` and `status` at a moment that nobody foresaw: what they say holds from then on, or they change
/// nothing.
extension Life {
    mutating func perform(_ probe: Probe) throws {
        switch probe {
        case .confirmation: try probeConfirmation()
        case .session: try probeSession()
        case .status: try probeStatus()
        }
    }

    /// What is in the primary slot, as a whole and for sure.
    private var running: Image? {
        let start = Int(setting.map.primary.offset)
        return setting.images.bootable.first {
            flash.holds($0.bytes, at: start) && flash.isSure(start..<start + $0.bytes.count)
        }
    }

    private mutating func probeConfirmation() throws {
        let before = facts
        let running = running
        note { facts in
            facts.step = .confirmation
            if let running, facts.mayRun(running.version) {
                facts.expectation.lasting.insert(running.version)
                facts.confirming = running.version
            }
        }
        let report: ConfirmationReport
        do throws(ConfirmationError) {
            report = try Confirmation<RunCryptography>.confirm(flash: &flash, map: setting.map)
        } catch {
            switch error {
            case .swapUnderWay where mayAskForReboot(before): break
            // The boot will have to recover; nobody is told that anything is confirmed.
            case .image where running == nil: break
            case .swapUnderWay, .image, .trust, .flash:
                throw RunError.violation("confirmation fails: \(error)")
            }
            return note { facts in
                facts.expectation = before.expectation
                facts.confirming = before.confirming
                facts.step = before.step
            }
        }
        try forgetErasedRequest()
        let version = report.image.version
        guard running?.version == version else {
            throw RunError.violation("confirms a mix that says it is \(version.text)")
        }
        guard before.mayRun(version) else {
            throw RunError.violation("confirms \(version.text); allowed: \(before.expectation.text)")
        }
        note { facts in
            facts.step = .rest
            // A request that waits is followed all the same.
            facts.expectation = .settled(version).or(facts.asked)
            facts.origin = version
            facts.onTrial = nil
            facts.confirming = nil
        }
        try checkTrust(confirmed: version)
    }

    private mutating func probeSession() throws {
        let image = setting.image(facts.offer)
        let before = facts
        let running = running
        note { facts in
            facts.step = .session
            // A request that waits gives way to a download; so does a swap for good that was asked for.
            if let running { facts.expectation.lasting.insert(running.version) }
            if facts.offer != .broken {
                facts.expectation.trial.insert(image.version)
                facts.asked.trial.insert(image.version)
            }
        }
        let operations = flash.operationCount
        let outcome = try update(from: image)
        let isUntouched = flash.operationCount == operations
        try checkProgress()
        switch outcome {
        case .committed(let summary) where summary.version == image.version && facts.offer != .broken:
            guard image.version > before.origin || running == nil else {
                throw RunError.violation("hands over \(image.version.text) beside \(before.origin.text)")
            }
            try committed(image)
            // A request for good that waited for just this.
            if before.asked.lasting.contains(image.version) {
                note { facts in
                    facts.asked.lasting.insert(image.version)
                    facts.expectation.lasting.insert(image.version)
                }
            }
        case .upToDate(let summary):
            guard running?.version == summary.version else {
                throw RunError.violation("says that \(summary.version.text) runs")
            }
            note { $0.asked = before.asked }
            try forgetErasedRequest()
            note { facts in
                facts.step = .rest
                // A request for it may wait, or it is the request's.
                facts.expectation = .settled(summary.version).or(facts.asked)
                facts.expectation.reverted = before.expectation.reverted
            }
        case .refused(.rolledBack(let version)) where !before.tried.contains(version):
            throw RunError.violation("\(version.text) is called rolled back, and was never tried")
        case .interrupted(.swapUnderWay) where running != nil && !mayAskForReboot(before):
            throw RunError.violation("the update asks for a reboot that nothing needs")
        case .refused, .refusedEarlier, .interrupted(.swapUnderWay), .interrupted(.trialUnconfirmed), .withdrawn:
            note { $0.asked = before.asked }
            try forgetErasedRequest()
            note { facts in
                facts.step = .rest
                facts.expectation = before.expectation
                // A request that waited may have given way.
                if let running, !isUntouched { facts.expectation.lasting.insert(running.version) }
            }
        default:
            throw RunError.violation("the update to \(image.version.text) ends as \(outcome)")
        }
        progress = nil
    }

    private mutating func probeStatus() throws {
        let operations = flash.operationCount
        do {
            _ = try SlotControl(map: setting.map).state(flash: &flash)
            _ = try SwapUnderWay.read(flash: &flash, map: setting.map)
            let record = try TrustStore(map: setting.map).read(flash: &flash)
            guard record.anchorSetNumber >= facts.anchorSet, record.securityCounter >= facts.counter else {
                throw RunError.violation("status shows a trust record from before")
            }
            if let status = try JournalStatus.read(map: setting.map, flash: &flash) { try check(status) }
        } catch let error as RunError {
            throw error
        } catch {
            throw RunError.violation("status fails: \(error)")
        }
        guard flash.operationCount == operations else { throw RunError.violation("status writes") }
    }
}

extension Facts {
    /// Whether a version may be what runs, at the moment.
    fileprivate func mayRun(_ version: ImageVersion) -> Bool {
        expectation.lasting.contains(version) || expectation.trial.contains(version)
            || expectation.reverted.contains(version) || onTrial == version || origin == version
    }
}
