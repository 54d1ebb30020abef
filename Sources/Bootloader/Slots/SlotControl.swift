import FirmwareImage
import Flash

/// The application's side of the boot: what is in the slots, "try this one next", "this one is good".
///
/// Every call is safe to cut short at any operation and to repeat (MCUboot `bootutil_public.c`, `boot_set_next`, with
/// the magic written last instead of first: a cut cannot leave a request for less than was asked).
public struct SlotControl: Sendable {
    public let map: FlashMap
    private let writer: TrailerWriter

    public init(map: FlashMap) {
        self.map = map
        writer = TrailerWriter(map: map)
    }

    /// Reads both slots, without verifying anything.
    ///
    /// - Throws: `flash`.
    public func state<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) -> SlotState {
        do throws(FlashError) {
            let primary = try BootTrailer(of: .primary, flash: &flash, map: map)
            let secondary = try BootTrailer(of: .secondary, flash: &flash, map: map)
            return SlotState(
                primary: SlotSummary(
                    image: try ImageSummary.read(from: .primary, flash: &flash, map: map),
                    trailer: primary
                ),
                secondary: SlotSummary(
                    image: try ImageSummary.read(from: .secondary, flash: &flash, map: map),
                    trailer: secondary
                ),
                nextSwap: BootStep(
                    primary: primary,
                    secondary: secondary,
                    maximumImageSizeBytes: map.maximumImageSizeBytes,
                    isRecordFalse: true
                ).swap,
                isTrial: Self.isTrial(primary)
            )
        } catch {
            throw .flash(error)
        }
    }

    /// Whether the running image is on trial.
    ///
    /// - Throws: `flash`.
    public func isTrial<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) -> Bool {
        Self.isTrial(try trailer(of: .primary, flash: &flash))
    }

    /// Makes the secondary slot ready for a download: erases its trailer, so that no request of an earlier image
    /// stands behind the new one. The sectors of the image itself are the caller's.
    ///
    /// - Throws: `unconfirmed` while the running image is on trial, `flash`.
    public func prepareSecondary<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) {
        guard try !isTrial(flash: &flash) else { throw .unconfirmed }
        do throws(FlashError) {
            try writer.erase(.secondary, flash: &flash)
        } catch {
            throw .flash(error)
        }
    }

    /// Asks the next boot to swap in the image in the secondary slot, which the caller has verified; the bootloader
    /// verifies it again.
    ///
    /// - Throws: `unconfirmed` while the running image is on trial, `noImage`, `flash`.
    public func markPending<Flash: NORFlash & ~Copyable>(
        _ kind: PendingKind,
        flash: inout Flash
    ) throws(SlotError) {
        guard try !isTrial(flash: &flash) else { throw .unconfirmed }
        let type: SwapType = kind == .test ? .test : .permanent
        let present = try trailer(of: .secondary, flash: &flash)
        if present.magic == .good, present.swapType == type, (present.imageOK == .set) == (kind == .permanent) {
            return try renewRequest(flash: &flash)
        }
        let hasImage: Bool
        do throws(FlashError) {
            hasImage = try ImageSummary.read(from: .secondary, flash: &flash, map: map) != nil
            if hasImage {
                // Also if it reads erased: a request that was cut short may have left bits that do not stay so.
                try writer.erase(.secondary, flash: &flash)
                try writer.write(
                    .secondary,
                    type: type,
                    imageOK: kind == .permanent,
                    swapSizeBytes: nil,
                    flash: &flash
                )
            }
        } catch {
            throw .flash(error)
        }
        guard hasImage else { throw .noImage }
    }

    /// Makes sure of a request that the caller has seen: writing or erasing it may have been cut short, so that it
    /// reads as one now and as none, or another one, at the next boot.
    ///
    /// - Parameters:
    ///   - isErased: whether somebody may have begun to erase it. It is then written anew, and gone if the power fails
    ///     meanwhile.
    ///   - flash: the flash.
    /// - Throws: `flash`.
    public func renewRequest<Flash: NORFlash & ~Copyable>(
        isErased: Bool = false,
        flash: inout Flash
    ) throws(SlotError) {
        let present = try trailer(of: .secondary, flash: &flash)
        do throws(FlashError) {
            if present.magic == .good, !isErased {
                try writer.witnessMagic(.secondary, flash: &flash)
            } else {
                try writer.erase(.secondary, flash: &flash)
                try writer.write(
                    .secondary,
                    type: present.imageOK == .set ? .permanent : .test,
                    imageOK: present.imageOK == .set,
                    swapSizeBytes: nil,
                    flash: &flash
                )
            }
        } catch {
            throw .flash(error)
        }
    }

    /// The trailer's part of a ``Confirmation``: the running image stays. Nothing to do, and nothing done, unless it is
    /// on trial.
    ///
    /// - Throws: `flash`.
    package func confirm<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) {
        let primary = try trailer(of: .primary, flash: &flash)
        guard Self.isTrial(primary) else { return }
        do throws(FlashError) {
            try writer.writeImageOK(flash: &flash)
        } catch {
            throw .flash(error)
        }
    }

    private func trailer<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash
    ) throws(SlotError) -> BootTrailer {
        do throws(FlashError) {
            return try BootTrailer(of: slot, flash: &flash, map: map)
        } catch {
            throw .flash(error)
        }
    }

    static func isTrial(_ primary: BootTrailer) -> Bool {
        primary.magic == .good && primary.copyDone != .unset && primary.imageOK == .unset
    }
}
