public import FirmwareImage
import Flash

/// Protection against going back to images with known weaknesses: MCUboot's security counter (`docs/design.md`,
/// "Downgrade prevention"; SEC_CNT, TLV 0x50, protected).
///
/// The device remembers the counter of the images it confirmed in its trust record. An image with a lower one, or with
/// none where the record is above 0, is not installed, and not booted either, from whichever slot.
///
/// - The record is advanced only for an image that runs and is confirmed, so that until then the device can go back to
///   the image before. If the power fails between the confirmation and that, the next boot, confirmation or update
///   makes up for it.
/// - An image whose counter is more than ``maximumStep`` above the device's is not installed: a counter that was
///   mistaken for a date, say, would otherwise leave no room for later ones. An image that is in place already runs all
///   the same, but does not advance the record so far.
public enum SecurityCounter {
    /// How far an image's counter may be above the device's. `imgtool sign --security-counter auto` takes 2²⁴ per major
    /// version; twice that lets such a version follow any other, and a hundred mistakes still leave room.
    public static let maximumStep: UInt32 = 1 << 25

    /// The counter of an image: one without it has 0.
    public static func value(of image: VerifiedImage) -> UInt32 {
        image.securityCounter ?? 0
    }

    /// What speaks against booting an image with the counter `found`.
    static func objection(toBooting found: UInt32, recorded: UInt32) -> ImageError? {
        found < recorded ? .securityCounterTooLow(found: found, minimum: recorded) : nil
    }

    /// What speaks against installing an image over a running one.
    ///
    /// - Parameters:
    ///   - found: the counter of the one to install.
    ///   - running: the counter of the image that runs, confirmed or not; `nil`: none does, and any is better.
    ///   - recorded: the record's.
    /// - Returns: `nil`: nothing.
    package static func objection(
        toInstalling found: UInt32,
        over running: UInt32?,
        recorded: UInt32
    ) -> ImageError? {
        guard let running else { return objection(toBooting: found, recorded: recorded) }
        let minimum = max(recorded, isReachable(running, from: recorded) ? running : 0)
        guard found >= minimum else { return .securityCounterTooLow(found: found, minimum: minimum) }
        let (maximum, isUnlimited) = max(recorded, running).addingReportingOverflow(maximumStep)
        guard isUnlimited || found <= maximum else { return .securityCounterTooHigh(found: found, maximum: maximum) }
        return nil
    }

    /// Whether a record may be advanced so far at once.
    public static func isReachable(_ counter: UInt32, from recorded: UInt32) -> Bool {
        counter >= recorded && counter - recorded <= maximumStep
    }

    /// Advances the record to the image in the primary slot, if it is confirmed. Writes nothing if there is nothing to
    /// be done.
    ///
    /// - Parameters:
    ///   - counter: of that image, which was verified.
    ///   - decision: what the trailers said.
    ///   - trust: what the store holds, settled; the new record on return.
    ///   - flash: the flash.
    ///   - map: where things are in it.
    /// - Throws: what writing the record throws, `flash`.
    package static func advance<Flash: NORFlash & ~Copyable>(
        to counter: UInt32,
        as decision: BootDecision,
        trust: inout TrustRecord,
        flash: inout Flash,
        map: FlashMap
    ) throws(TrustError) {
        guard counter > trust.securityCounter, isReachable(counter, from: trust.securityCounter) else { return }
        do throws(FlashError) {
            switch decision {
            case .boot: break
            // From here on there is no way back, so it must not be taken for a trial any more.
            case .settle: try TrailerWriter(map: map).settle(flash: &flash)
            // On trial, or on its way to one.
            case .resume, .start, .discardRequest, .trial: return
            }
        } catch {
            throw .flash(error)
        }
        var advanced = trust
        advanced.securityCounter = counter
        try TrustStore(map: map).write(advanced, flash: &flash)
        trust = advanced
    }
}
