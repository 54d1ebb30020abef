import Flash

/// What the trailers say is to be done next, before any image is looked at: the first row that holds.
///
/// | # | secondary's trailer                  | primary's trailer                                | the next boot |
/// |---|--------------------------------------|--------------------------------------------------|---------------|
/// | 1 | started (`SwapLog`), as number n     | records swap n, and something after the record   | resumes n     |
/// | 2 | started, as number n                 | anything else                                    | starts n over |
/// | 3 | anything                             | records a swap that is not done                  | resumes it    |
/// | 4 | a whole request                      | –                                                | starts it     |
/// | 5 | no whole request                     | its swap is done, its image is not confirmed     | goes back     |
/// | 6 | something, but no whole request      | none of these                                    | erases it     |
/// | 7 | erased                               | none of these                                    | runs the image|
///
/// Row 5 does so by a request (`SwapLog`), which is row 4 from then on: the swap before is done, whatever copy_done and
/// image_ok read. Nothing but *settled* says otherwise.
///
/// A trailer that records a swap has a `SwapRecord`, or, by MCUboot, a good magic, swap_info and swap_size. One by
/// MCUboot gives way to a whole request, as there (`swap_move.c`, `swap_status_source`).
///
/// Why no power cut is misread. A swap goes: (a) request, (b) started, (c) the primary's trailer is erased, (d) the
/// record, (e) the fields after it, (f) the secondary's trailer is erased, (g) the steps, (h) copy_done, (i) image_ok;
/// and nothing is begun before the former is sure.
/// - Cut in (a): row 4, 5 or 6. In (b): row 4 or 2, which makes sure of it.
/// - In (c): (b) is sure, so row 2 whatever the primary's trailer reads; a record of the swap before has another
///   number.
/// - In (d): row 2, as nothing stands after the record. In (e): row 1 or 2, and both are right: record and (b) are
///   sure.
/// - In (f): record and (e) are sure, so row 1 or 3, whatever the secondary's trailer reads.
/// - In (g): row 3; see `SwapSteps`. In (h): row 3 or 5; copy_done is written once, and if that is refused it was
///   begun.
/// - In (i), or in the erase of a request that comes to nothing: either row is right, and whoever acts on it makes sure
///   of it (*settled*; the erase).
public enum BootDecision: Equatable, Sendable {
    /// Nothing is asked for.
    case boot
    /// Nothing is asked for any more: the image of the swap before stays, of which somebody should make sure.
    case settle
    /// A swap was begun: go on with it.
    case resume(SwapRecord, isMCUboots: Bool)
    /// The secondary's trailer asks for a swap: begin it; or, where it has a number, begin it again.
    case start(SwapType, number: UInt8?)
    /// Something in the secondary's trailer is no request.
    case discardRequest(isWhole: Bool)
    /// The image on trial was not confirmed: at a boot, go back.
    case trial

    /// Reads both trailers and decides. They are read until they read the same twice: one wrong read decides nothing.
    ///
    /// - Throws: what reading throws but `io`.
    @inline(never)
    public init<Flash: NORFlash & ~Copyable>(flash: inout Flash, map: FlashMap) throws(FlashError) {
        var primary = try BootTrailer(of: .primary, flash: &flash, map: map)
        var secondary = try BootTrailer(of: .secondary, flash: &flash, map: map)
        for _ in 0..<3 {
            let (first, second) = (primary, secondary)
            primary = try BootTrailer(of: .primary, flash: &flash, map: map)
            secondary = try BootTrailer(of: .secondary, flash: &flash, map: map)
            if primary == first, secondary == second { break }
        }
        self.init(primary: primary, secondary: secondary, maximumImageSizeBytes: map.maximumImageSizeBytes)
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - primary: the primary slot's trailer.
    ///   - secondary: the secondary slot's trailer.
    ///   - maximumImageSizeBytes: a swap of more is none.
    public init(primary: BootTrailer, secondary: BootTrailer, maximumImageSizeBytes: UInt32) {
        let swap = primary.swap(maximumImageSizeBytes: maximumImageSizeBytes)
        let own = primary.record == nil ? nil : swap
        // That is logged only once the trial is over, whatever copy_done and image_ok read if they are in doubt.
        let goesBack = own?.swap.type == .test && secondary.requested == .revert && !primary.isSettled
        // Before a test is done, nobody confirms its image.
        let isConfirmed = swap?.swap.type == .test && primary.imageOK != .unset
        let isDone = primary.copyDone != .unset || primary.isSettled || isConfirmed || goesBack
        let request = goesBack ? .revert : secondary.request(beside: primary)
        if let started = secondary.started(beside: primary) {
            let isWritten = primary.swapSizeBytes != nil || primary.imageOK != .unset || primary.magic != .unset
            if let own, !isDone, own.swap == started, isWritten {
                self = .resume(own, isMCUboots: false)
            } else {
                self = .start(started.type, number: started.number)
            }
        } else if let own, !isDone {
            self = .resume(own, isMCUboots: false)
        } else if let request {
            self = .start(request, number: nil)
        } else if let swap, !isDone {
            self = .resume(swap, isMCUboots: true)
        } else if primary.isTrial {
            self = .trial
        } else if !secondary.isErased {
            self = .discardRequest(isWhole: secondary.magic == .good && secondary.statedRequest != .revert)
        } else {
            self = isDone && (own != nil || primary.magic == .good) ? .settle : .boot
        }
    }

    /// Whether the slots are in the middle of a swap: both hold what the next boot needs, and nobody else may write to
    /// them, or judge by what the primary slot seems to hold.
    public var isSwapUnderWay: Bool {
        switch self {
        case .resume, .start(_, .some): true
        case .boot, .settle, .start(_, nil), .discardRequest, .trial: false
        }
    }

    /// The swap that it comes to, if the images allow it.
    public var swap: SwapType {
        switch self {
        case .boot, .settle, .discardRequest: .none
        case .resume(let record, _): record.swap.type
        case .start(let type, _): type
        case .trial: .revert
        }
    }
}

extension BootTrailer {
    /// Of the primary slot: the swap that it records, done or not.
    fileprivate func swap(maximumImageSizeBytes: UInt32) -> SwapRecord? {
        let mcuboots =
            if magic == .good, let type = swapType, let swapSizeBytes {
                SwapRecord(StartedSwap(type, number: 0), swapSizeBytes: swapSizeBytes)
            } else {
                nil as SwapRecord?
            }
        guard let found = record ?? mcuboots, found.swapSizeBytes > 0, found.swapSizeBytes <= maximumImageSizeBytes
        else {
            return nil
        }
        return found
    }

    /// Of the primary slot: its image came by a swap and is not confirmed. A flag that was cut short counts as set:
    /// each is written only when what it says is so.
    public var isTrial: Bool {
        guard copyDone != .unset, imageOK == .unset, !isSettled else { return false }
        return record.map { $0.swap.type == .test } ?? (magic == .good)
    }

    /// Of the primary slot: this system wrote to it since its last erase.
    fileprivate var isOwn: Bool { record != nil || isSettled }

    /// Of the secondary slot: how the bootloader follows the request.
    ///
    /// An entry to go back that nobody made sure of is void beside an image that was confirmed meanwhile: *settled* is
    /// written only where no such entry is read. Beside one that is sure, it is what a half erased trailer reads as.
    fileprivate func started(beside primary: BootTrailer) -> StartedSwap? {
        guard let started, started.type == .revert, !isStartedSure, primary.isSettled else { return started }
        return primary.record == nil ? started : nil
    }

    /// Of the secondary slot: the request, if there is one that may be followed.
    fileprivate func request(beside primary: BootTrailer) -> SwapType? {
        if let requested, requested != .revert { return requested }
        return switch statedRequest {
        // To go back, where there is no trial any more to go back from, is void.
        case .revert where !primary.isTrial: nil
        // MCUboot's going back, which swap_info does not tell.
        case .permanent where swapInfo == nil && primary.isTrial: .revert
        // Beside a trial of its own this system writes no other one; a half-erased trailer may read like it.
        case .test where primary.isTrial && primary.record != nil: nil
        case .permanent where primary.isTrial && primary.record != nil: nil
        // This system logs a request for good. Another one has no checksum: a half-erased request for a test may read
        // like it. So it counts only where this system has not begun to write requests.
        case .permanent where primary.isOwn: .test
        case let stated: stated
        }
    }

    /// Of the secondary slot: the request by MCUboot's fields, if it is whole and does not contradict itself.
    fileprivate var statedRequest: SwapType? {
        guard magic == .good else { return nil }
        return switch (swapInfo, imageOK) {
        case (SwapType.test.rawValue, .unset), (nil, .unset): .test
        case (SwapType.permanent.rawValue, .set), (nil, .set): .permanent
        case (SwapType.revert.rawValue, .set): .revert
        default: nil
        }
    }
}
