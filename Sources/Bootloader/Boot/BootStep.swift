import Flash

/// What the trailers say is to be done next, before any image is looked at.
///
/// States that a cut can leave, and why none of them is misread. The erased value is 0xFF here; a torn erase can only
/// set bits, a torn write only clear them.
///
/// 1. *A request is written* (secondary: swap_info, image_ok, then magic). Until the magic is whole there is none.
/// 2. *A swap starts*: the primary's trailer is erased and written anew, the magic last. All that time the secondary's
///    request stands, and as long as it stands whole the swap starts over from it: what a torn erase left of the
///    primary's earlier trailer is not looked at. Nothing was moved yet.
/// 3. *The request is erased*, when the primary's trailer is whole. A torn erase cannot make one whole request look
///    like another: permanent (3) and revert (4) cannot become test (2) by setting bits, test with a lost bit is
///    "permanent" without image_ok. So a request that contradicts itself, or of which only the magic is left, means
///    that the primary's record is whole: it is followed. Where the erased value is 0x00, permanent (3) with image_ok
///    can become test (2) without it. So before the primary's trailer is touched for a test, the request gets a witness
///    that it is one; without it such a request is none while a swap is recorded.
/// 4. *Sectors are moved*: only the primary's trailer counts. Each record is written after what it says was done, and
///    what is done after the last record can be done again.
/// 5. *copy_done is written*, last. Torn, it counts as written: everything before it is done.
///
/// A request without swap_info is `imgtool sign --pad`'s; the bootloader adds swap_info before it starts (else point 3
/// could not tell it from a half-erased one).
enum BootStep: Equatable {
    /// Nothing is asked for.
    case boot
    /// The primary's trailer records a swap: go on with it.
    case resume(SwapType, swapSizeBytes: UInt32)
    /// The secondary's trailer asks for a swap: begin it, or begin it again.
    case start(SwapType)
    /// The request in the secondary's trailer is damaged and nothing tells what it was.
    case discardRequest
    /// The image on trial was not confirmed.
    case revert

    /// Decides.
    ///
    /// - Parameters:
    ///   - primary: the primary slot's trailer.
    ///   - secondary: the secondary slot's trailer.
    ///   - maximumImageSizeBytes: a swap of more is none.
    ///   - isRecordFalse: whether the swap that the primary's trailer records was found to be none of the images that
    ///     are there.
    init(
        primary: BootTrailer,
        secondary: BootTrailer,
        maximumImageSizeBytes: UInt32,
        isRecordFalse: Bool = false
    ) {
        let recorded =
            isRecordFalse ? nil : Self.recordedSwap(primary, maximumImageSizeBytes: maximumImageSizeBytes)
        if secondary.magic == .good {
            self = Self.requestedSwap(secondary, isSwapRecorded: recorded != nil) ?? recorded ?? .discardRequest
        } else if let recorded {
            self = recorded
        } else {
            self = SwapType(primary: primary, secondary: secondary) == .revert ? .revert : .boot
        }
    }

    /// Reads both trailers and decides.
    ///
    /// - Throws: what reading throws.
    init<Flash: NORFlash & ~Copyable>(flash: inout Flash, map: FlashMap) throws(FlashError) {
        self.init(
            primary: try BootTrailer(of: .primary, flash: &flash, map: map),
            secondary: try BootTrailer(of: .secondary, flash: &flash, map: map),
            maximumImageSizeBytes: map.maximumImageSizeBytes
        )
    }

    /// The swap that it comes to.
    var swap: SwapType {
        switch self {
        case .boot, .discardRequest: .none
        case .resume(let type, _), .start(let type): type
        case .revert: .revert
        }
    }

    private static func recordedSwap(_ primary: BootTrailer, maximumImageSizeBytes: UInt32) -> BootStep? {
        guard primary.magic == .good, primary.copyDone == .unset, let type = primary.swapType,
            let swapSizeBytes = primary.swapSizeBytes, swapSizeBytes > 0, swapSizeBytes <= maximumImageSizeBytes
        else { return nil }
        return .resume(type, swapSizeBytes: swapSizeBytes)
    }

    private static func requestedSwap(_ secondary: BootTrailer, isSwapRecorded: Bool) -> BootStep? {
        switch (secondary.swapInfo, secondary.imageOK) {
        case (SwapType.test.rawValue, .unset) where !isSwapRecorded || secondary.isTestWitnessed: .start(.test)
        case (SwapType.permanent.rawValue, .set): .start(.permanent)
        case (SwapType.revert.rawValue, .set): .start(.revert)
        case (nil, .unset) where !isSwapRecorded: .start(.test)
        case (nil, .set) where !isSwapRecorded: .start(.permanent)
        default: nil
        }
    }
}
