import FirmwareImage
import Flash

/// The application's side of the boot: what is in the slots, "try this one next", "this one is good".
///
/// Every call is safe to cut short at any operation and to repeat (MCUboot `bootutil_public.c`, `boot_set_next`, with
/// the magic written last instead of first: a cut cannot leave a request for less than was asked).
public struct SlotControl: Sendable {
    /// Where the slots are.
    public let map: FlashMap
    private let writer: TrailerWriter

    /// The slots of this map.
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
                decision: try BootDecision(flash: &flash, map: map)
            )
        } catch {
            throw .flash(error)
        }
    }

    /// What the next boot does, by the trailers.
    ///
    /// - Throws: `flash`.
    public func decision<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) -> BootDecision {
        do throws(FlashError) {
            return try BootDecision(flash: &flash, map: map)
        } catch {
            throw .flash(error)
        }
    }

    /// Makes the secondary slot ready for a download: erases its trailer, so that no request of an earlier image
    /// stands behind the new one. The sectors of the image itself are the caller's.
    ///
    /// - Throws: `unconfirmed` while the running image is on trial, `swapUnderWay`, `flash`.
    public func prepareSecondary<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) {
        try checkSecondaryIsFree(try decision(flash: &flash))
        do throws(FlashError) {
            try writer.claim(flash: &flash)
            try writer.erase(.secondary, flash: &flash)
        } catch {
            throw .flash(error)
        }
    }

    /// Asks the next boot to swap in the image in the secondary slot, which the caller has verified; the bootloader
    /// verifies it again.
    ///
    /// - Throws: `unconfirmed` while the running image is on trial, `swapUnderWay`, `noImage`, `flash`.
    public func markPending<Flash: NORFlash & ~Copyable>(
        _ kind: PendingKind,
        flash: inout Flash
    ) throws(SlotError) {
        let type: SwapType = kind == .test ? .test : .permanent
        let decision = try decision(flash: &flash)
        try checkSecondaryIsFree(decision)
        if decision == .start(type, number: nil) { return try renewRequest(type, flash: &flash) }
        let hasImage: Bool
        do throws(FlashError) {
            hasImage = try ImageSummary.read(from: .secondary, flash: &flash, map: map) != nil
            if hasImage { try rewriteRequest(type, flash: &flash) }
        } catch {
            throw .flash(error)
        }
        guard hasImage else { throw .noImage }
    }

    /// Makes sure of a request that the caller has seen: writing or erasing it may have been cut short, so that it
    /// reads as one now and as none, or another one, at the next boot.
    ///
    /// - Parameters:
    ///   - type: of the request.
    ///   - isErased: whether somebody may have begun to erase it. It is then written anew, and gone if the power fails
    ///     meanwhile.
    ///   - flash: the flash.
    /// - Throws: `flash`.
    public func renewRequest<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        isErased: Bool = false,
        flash: inout Flash
    ) throws(SlotError) {
        do throws(FlashError) {
            if isErased {
                try rewriteRequest(type, flash: &flash)
            } else {
                try SwapLog(map: map).append(requested: type, flash: &flash)
            }
        } catch {
            throw .flash(error)
        }
    }

    /// Makes sure that the running image stays, if that is what the decision comes to; otherwise does nothing.
    ///
    /// - Throws: `flash`.
    public func settle<Flash: NORFlash & ~Copyable>(
        _ decision: BootDecision,
        flash: inout Flash
    ) throws(SlotError) {
        do throws(FlashError) {
            switch decision {
            case .settle, .discardRequest: try writer.settle(flash: &flash)
            case .boot, .resume, .start, .trial: break
            }
        } catch {
            throw .flash(error)
        }
    }

    /// Ends a trial, or makes sure of what was found.
    func makeStay<Flash: NORFlash & ~Copyable>(
        _ decision: BootDecision,
        flash: inout Flash
    ) throws(SlotError) {
        guard decision == .trial else { return try settle(decision, flash: &flash) }
        do throws(FlashError) {
            try endTrial(flash: &flash)
        } catch {
            throw .flash(error)
        }
    }

    private func rewriteRequest<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        flash: inout Flash
    ) throws(FlashError) {
        try writer.claim(flash: &flash)
        // Also where it reads erased: a request that was cut short may have left bits that do not stay so.
        try writer.erase(.secondary, flash: &flash)
        try writer.writeRequest(type, flash: &flash)
    }

    /// The trailer's part of a ``Confirmation``: the running image stays. Nothing to do, and nothing done, unless it is
    /// on trial.
    ///
    /// - Throws: `flash`.
    package func confirm<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(SlotError) {
        let decision = try decision(flash: &flash)
        if decision == .trial { try makeStay(decision, flash: &flash) }
    }

    /// Confirms the image on trial. A request to go back that somebody began goes first.
    private func endTrial<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        let secondary = try BootTrailer(of: .secondary, flash: &flash, map: map)
        if !secondary.isErased { try writer.erase(.secondary, flash: &flash) }
        try writer.confirm(flash: &flash)
    }

    private func checkSecondaryIsFree(_ decision: BootDecision) throws(SlotError) {
        switch decision {
        case .boot, .settle, .start(.test, nil), .start(.permanent, nil), .discardRequest: return
        case .trial, .start(_, nil): throw .unconfirmed
        case .resume, .start: throw .swapUnderWay
        }
    }
}
