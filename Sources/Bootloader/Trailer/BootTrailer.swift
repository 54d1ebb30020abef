/// What the magic of a trailer reads as.
public enum TrailerMagic: Equatable, Sendable {
    case good
    /// Erased.
    case unset
    /// Neither: torn, or something else.
    case bad
}

/// What a flag of a trailer reads as.
public enum TrailerFlag: Equatable, Sendable {
    /// 0x01.
    case set
    /// Erased.
    case unset
    /// Neither: writing or erasing it was cut short.
    case bad
}

/// What happens with the image in the secondary slot (MCUboot `bootutil_public.h`, BOOT_SWAP_TYPE_…).
public enum SwapType: UInt8, Equatable, Sendable {
    case none = 1
    /// Run it once; back to the other one unless it is confirmed.
    case test = 2
    /// Run it from now on.
    case permanent = 3
    /// Back to the image that ran before.
    case revert = 4
}

/// The trailer of one slot as it reads, without the swap status.
public struct BootTrailer: Equatable, Sendable {
    /// Whether the trailer asks for something.
    public var magic: TrailerMagic
    /// image_ok: the image is confirmed.
    public var imageOK: TrailerFlag
    /// copy_done: the swap that the trailer records is done.
    public var copyDone: TrailerFlag
    /// The byte; `nil`: erased.
    public var swapInfo: UInt8?
    /// `nil`: erased.
    public var swapSizeBytes: UInt32?
    /// Of the primary slot: the swap that it is about; `nil`: MCUboot's fields have to tell.
    public var record: SwapRecord?
    /// Of the primary slot: whether it has the mark *settled*: its swap is done and its image stays.
    public var isSettled: Bool
    /// Of the secondary slot: the type of the request, as somebody who saw it made sure of (`SwapLog`).
    public var requested: SwapType?
    /// Of the secondary slot: how the bootloader follows the request (`SwapLog`); `nil`: it has not begun to.
    public var started: StartedSwap?
    /// Of the secondary slot: somebody made sure of ``started``; `false`: it may not be read the next time.
    public var isStartedSure: Bool

    /// See the properties.
    public init(
        magic: TrailerMagic = .unset,
        imageOK: TrailerFlag = .unset,
        copyDone: TrailerFlag = .unset,
        swapInfo: UInt8? = nil,
        swapSizeBytes: UInt32? = nil,
        record: SwapRecord? = nil,
        isSettled: Bool = false,
        requested: SwapType? = nil,
        started: StartedSwap? = nil,
        isStartedSure: Bool = false
    ) {
        self.magic = magic
        self.imageOK = imageOK
        self.copyDone = copyDone
        self.swapInfo = swapInfo
        self.swapSizeBytes = swapSizeBytes
        self.record = record
        self.isSettled = isSettled
        self.requested = requested
        self.started = started
        self.isStartedSure = isStartedSure
    }

    /// Whether nothing was written since the last erase.
    public var isErased: Bool { self == BootTrailer() }

    /// The swap type that `swapInfo` names: bits 0…3, with image number 0 in bits 4…7; `nil` for any other byte.
    public var swapType: SwapType? {
        guard let swapInfo, let type = SwapType(rawValue: swapInfo), type != .none else { return nil }
        return type
    }
}
