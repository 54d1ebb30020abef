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
    public var magic: TrailerMagic
    public var imageOK: TrailerFlag
    public var copyDone: TrailerFlag
    /// The byte; `nil`: erased.
    public var swapInfo: UInt8?
    /// `nil`: erased.
    public var swapSizeBytes: UInt32?
    /// Whether the magic has its witness (`TrailerWitness`).
    public var isWitnessed: Bool
    /// Whether the bootloader has begun to follow this request, of the secondary slot, as one for a test.
    public var isTestWitnessed: Bool

    public init(
        magic: TrailerMagic = .unset,
        imageOK: TrailerFlag = .unset,
        copyDone: TrailerFlag = .unset,
        swapInfo: UInt8? = nil,
        swapSizeBytes: UInt32? = nil,
        isWitnessed: Bool = false,
        isTestWitnessed: Bool = false
    ) {
        self.magic = magic
        self.imageOK = imageOK
        self.copyDone = copyDone
        self.swapInfo = swapInfo
        self.swapSizeBytes = swapSizeBytes
        self.isWitnessed = isWitnessed
        self.isTestWitnessed = isTestWitnessed
    }

    /// Whether nothing was written since the last erase.
    public var isErased: Bool { self == BootTrailer() }

    /// The swap type that `swapInfo` names: bits 0…3, with image number 0 in bits 4…7; `nil` for any other byte.
    public var swapType: SwapType? {
        guard let swapInfo, let type = SwapType(rawValue: swapInfo), type != .none else { return nil }
        return type
    }
}

extension SwapType {
    /// The swap that two trailers ask for (MCUboot `docs/design.md`, "New swaps", states II, III, IV and V, in this
    /// order; state I is of another algorithm).
    ///
    /// A flag that is neither set nor unset matches no state there, so that a cut while copy_done is written would make
    /// an unconfirmed image stay. Here it counts as set: each flag is written only when what it says is already so,
    /// and an erase that could leave one half happens only under a request that is decided before this table.
    ///
    /// - Parameters: the trailers of both slots.
    public init(primary: BootTrailer, secondary: BootTrailer) {
        if secondary.magic == .good {
            self = secondary.imageOK == .unset ? .test : .permanent
        } else if primary.magic == .good, primary.imageOK == .unset, primary.copyDone != .unset {
            self = .revert
        } else {
            self = .none
        }
    }
}
