import Bootloader
import FirmwareImage
import Flash

/// What the bootloader does, and what is written beside it: confirmations and keys.
extension Life {
    mutating func boot() throws -> BootReport {
        let allowed = facts.expectation
        let isRecovery = setting.scenario == .recovery
        // What the trailers say is to be done, where no read can say otherwise.
        let decision = flash.isSure ? try decision() : nil
        note { facts in
            facts.step = .boot
            facts.isBootCut = true
            // The bootloader asks itself for what it brings there for good.
            if isRecovery { facts.asked.lasting.formUnion(facts.expectation.lasting) }
            // A cut in this boot can come after the swap is done; its one boot is then over.
            if !facts.expectation.trial.isEmpty { facts.expectation.reverted.insert(facts.origin) }
            facts.tried.formUnion(facts.expectation.trial)
        }
        let report: BootReport
        do throws(BootError) {
            report = try Bootloader<RunCryptography>.boot(flash: &flash, map: setting.map)
        } catch {
            throw RunError.violation("does not boot: \(error)")
        }
        try check(report, allowed)
        if let decision { try check(report, decision) }
        try forgetErasedRequest()
        let isPrimaryInDoubt = isTrailerInDoubt(of: .primary)
        try checkTrust(confirmed: report.isTrial ? facts.origin : report.image.version)
        note { facts in
            facts.step = .rest
            facts.isBootCut = false
            let version = report.image.version
            if !isPrimaryInDoubt || facts.confirming != version { facts.confirming = nil }
            if report.isTrial {
                // Its one boot is spent. A confirmation that was cut short may count, or not, while it is in doubt.
                facts.expectation = .settled(facts.origin)
                if facts.confirming != nil { facts.expectation.lasting.insert(version) }
                facts.onTrial = version
            } else {
                facts.expectation = .settled(version).or(facts.asked)
                facts.origin = version
                facts.onTrial = nil
            }
        }
        return report
    }

    /// Whether some unit of a slot's trailer is in doubt.
    func isTrailerInDoubt(of slot: Slot) -> Bool {
        let area = setting.map.area(of: slot)
        return !flash.isSure(Int(area.offset + setting.map.trailer.firstSectorOffset)..<Int(area.end))
    }

    /// Whether `confirm` and `update` may say that a swap is under way: a boot was cut, or a trailer is in doubt, so
    /// that one reads as begun which the boot before did not see.
    func mayAskForReboot(_ facts: Facts) -> Bool { facts.isBootCut || isSomeTrailerInDoubt }

    private var isSomeTrailerInDoubt: Bool { isTrailerInDoubt(of: .primary) || isTrailerInDoubt(of: .secondary) }

    /// What the secondary's trailer asked for is over once that is erased, for sure, and the primary's trailer does not
    /// record its swap in units that are in doubt.
    mutating func forgetErasedRequest() throws {
        guard facts.asked != Expectation(), !isSomeTrailerInDoubt else { return }
        var copy = flash.observed
        guard try BootTrailer(of: .secondary, flash: &copy, map: setting.map).isErased else { return }
        note { $0.asked = Expectation() }
    }

    private func check(_ report: BootReport, _ allowed: Expectation) throws {
        if report.refusal == .damagedRequest, report.action == .swappedForTest || report.action == .swappedPermanently {
            throw RunError.violation("\(report.action), and yet the request is called damaged")
        }
        let version = report.image.version
        guard let image = setting.images.bootable.first(where: { $0.version == version }) else {
            throw RunError.violation("runs something that says it is \(version.text)")
        }
        try check(image, in: .primary, "runs")
        let isAllowed: Bool
        if report.isTrial {
            isAllowed = allowed.trial.contains(version)
        } else if allowed.lasting.contains(version) {
            isAllowed = true
        } else {
            // The boot that reverted may itself have been cut: then the next one only finds it done.
            isAllowed =
                allowed.reverted.contains(version)
                && (report.action == .reverted || facts.cuts >= 2 && report.refusal == nil)
        }
        guard isAllowed else {
            throw RunError.violation(
                "runs \(version.text)\(report.isTrial ? " on trial" : ""), \(report.action); allowed: \(allowed.text)"
            )
        }
    }

    /// That a slot has an image as a whole, and for good.
    func check(_ image: Image, in slot: Slot, _ verb: String) throws {
        let start = Int(setting.map.area(of: slot).offset)
        guard flash.holds(image.bytes, at: start) else {
            throw RunError.violation("\(verb) a mix that says it is \(image.version.text)")
        }
        guard flash.isSure(start..<start + image.bytes.count) else {
            throw RunError.violation("\(verb) \(image.version.text), of which some units are in doubt")
        }
    }

    /// Whether the boot did what `status` says it would do.
    private func check(_ report: BootReport, _ decision: BootDecision) throws {
        let isSaid: Bool
        switch decision {
        case .boot, .settle, .discardRequest:
            isSaid = report.action == .none || report.action == .recovered
        case .trial:
            isSaid = report.action == .reverted || report.refusal != nil
        case .start, .resume:
            let expected: BootAction
            switch decision.swap {
            case .test: expected = .swappedForTest
            case .permanent: expected = .swappedPermanently
            case .revert: expected = .reverted
            case .none: expected = .none
            }
            // A trial that was over before is ended, and an image that may not run is refused.
            isSaid = report.action == expected || report.action == .reverted || report.refusal != nil
        }
        guard isSaid else {
            throw RunError.violation("\(report.action) where the trailers said \(decision)")
        }
    }

    private func decision() throws -> BootDecision {
        var copy = flash.observed
        do throws(FlashError) {
            return try BootDecision(flash: &copy, map: setting.map)
        } catch {
            throw RunError.violation("the trailers cannot be read: \(error)")
        }
    }

    /// What the trust record says after a boot or a confirmation.
    mutating func checkTrust(confirmed version: ImageVersion) throws {
        let confirmed = setting.images.counter(of: version)
        let record = try trust()
        // Confirmed images have advanced it, and a trial has not.
        guard record.securityCounter <= confirmed, record.securityCounter >= facts.counter else {
            throw RunError.violation(
                "the security counter is \(record.securityCounter), was \(facts.counter); confirmed is \(confirmed)"
            )
        }
        let key = record.anchorSetNumber == 0 ? Images.trustedKey : Images.nextKey
        guard record.anchorSetNumber >= facts.anchorSet, record.anchors == TrustAnchors(try Images.anchor(key)) else {
            throw RunError.violation("the trusted keys are of set \(record.anchorSetNumber), after \(facts.anchorSet)")
        }
        note { facts in
            facts.counter = record.securityCounter
            facts.anchorSet = record.anchorSetNumber
        }
    }

    private func trust() throws -> TrustRecord {
        var copy = flash.observed
        do throws(TrustError) {
            return try TrustStore(map: setting.map).read(flash: &copy)
        } catch {
            throw RunError.violation("the trust record cannot be read: \(error)")
        }
    }

    /// Other keys from now on.
    mutating func rotate() throws {
        note { $0.step = .rotation }
        let rotation = setting.images.rotation
        do throws(RotationError) {
            _ = try TrustRotator<RunCryptography>.apply(rotation.span.bytes, flash: &flash, map: setting.map)
        } catch {
            // It was applied before the cut.
            guard case .replayed(1, 1) = error, facts.cuts > 0 else {
                throw RunError.violation("the rotation fails: \(error)")
            }
        }
        note { facts in
            facts.step = .rest
            facts.anchorSet = 1
        }
    }

    mutating func confirm(_ version: ImageVersion) throws {
        note { facts in
            facts.step = .confirmation
            facts.expectation.lasting.insert(version)
            facts.confirming = version
        }
        let report: ConfirmationReport
        do throws(ConfirmationError) {
            report = try Confirmation<RunCryptography>.confirm(flash: &flash, map: setting.map)
        } catch {
            throw RunError.violation("confirmation fails: \(error)")
        }
        guard report.image.version == version, report.securityCounter == setting.images.counter(of: version)
        else {
            throw RunError.violation("confirmed \(report.image.version.text), counter \(report.securityCounter)")
        }
        note { facts in
            facts.step = .rest
            facts.expectation = .settled(version)
            facts.origin = version
            facts.onTrial = nil
            facts.confirming = nil
        }
    }
}
