public import FirmwareImage
import Flash

/// Why the running image could not be confirmed.
public enum ConfirmationError: Error, Equatable, Sendable {
    /// The primary slot holds nothing that may be booted.
    case image(ImageError)
    /// A swap was cut short: reboot first.
    case swapUnderWay
    case trust(TrustError)
    case flash(FlashError)

    init(_ error: TrustError) {
        if case .flash(let error) = error { self = .flash(error) } else { self = .trust(error) }
    }
}

/// What a confirmation found and did.
public struct ConfirmationReport: Equatable, Sendable {
    /// The image that runs.
    public let image: VerifiedImage
    /// Whether it was on trial.
    public let wasTrial: Bool
    /// The device's security counter now.
    public let securityCounter: UInt32
}

/// The application's word that the running image is good: it stays, and what is less secure will not come back.
public enum Confirmation<Cryptography: DeviceCryptography> {
    /// Confirms. Safe to cut short at any operation and to repeat: first image_ok is written, then the security counter
    /// is advanced, and what is missing of that is made up for at the next boot.
    ///
    /// The image is verified first, because its counter is about to be believed.
    ///
    /// - Throws: `ConfirmationError`.
    public static func confirm<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(ConfirmationError) -> ConfirmationReport {
        var trust: TrustRecord
        do throws(TrustError) {
            trust = try TrustStore(map: map).settle(flash: &flash)
        } catch {
            throw ConfirmationError(error)
        }
        let contents: SlotContents
        let decision: BootDecision
        do throws(FlashError) {
            decision = try BootDecision(flash: &flash, map: map)
            contents = try SlotVerifier<Cryptography>.contents(of: .primary, flash: &flash, map: map, trust: trust)
        } catch {
            throw .flash(error)
        }
        // What the next boot does with a trial that somebody began to end is not to be decided here.
        let isGoingBack = decision.swap == .revert && decision != .trial
        guard !decision.isSwapUnderWay, !isGoingBack else { throw .swapUnderWay }
        let wasTrial = decision == .trial
        switch contents {
        case .none(let error):
            throw .image(error)
        case .image(let image):
            do throws(SlotError) {
                try SlotControl(map: map).makeStay(decision, flash: &flash)
            } catch {
                if case .flash(let error) = error { throw .flash(error) }
            }
            do throws(TrustError) {
                let counter = SecurityCounter.value(of: image)
                let after = wasTrial ? BootDecision.settle : decision
                try SecurityCounter.advance(to: counter, as: after, trust: &trust, flash: &flash, map: map)
            } catch {
                throw ConfirmationError(error)
            }
            return ConfirmationReport(image: image, wasTrial: wasTrial, securityCounter: trust.securityCounter)
        }
    }
}
