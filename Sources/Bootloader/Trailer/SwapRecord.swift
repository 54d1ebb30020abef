import FirmwareImage
import Flash

/// A request that the bootloader follows.
public struct StartedSwap: Equatable, Sendable {
    /// What the swap is for.
    public let type: SwapType
    /// 0…255 in turn: another one than that of the swap before, which the primary's trailer records.
    public let number: UInt8

    init(_ type: SwapType, number: UInt8) {
        self.type = type
        self.number = number
    }

    /// As an entry of the `SwapLog`.
    var logged: UInt16 { 0xF000 | UInt16(number) << 4 | UInt16(type.rawValue) }

    init?(logged value: UInt16) {
        guard value & 0xF000 == 0xF000, let type = SwapType(rawValue: UInt8(value & 0xF)), type != .none else {
            return nil
        }
        self.init(type, number: UInt8(truncatingIfNeeded: value >> 4))
    }
}

/// The swap that the primary's trailer is about, in the eight bytes of its field swap_info, written at once:
/// ```
/// 0      type: MCUboot's swap_info, which looks no further
/// 1      number (`StartedSwap`)
/// 2..3   the lower half of the CRC-32 of bytes 0, 1 and 4…7
/// 4..7   bytes to swap; in swap_size once more, for MCUboot
/// ```
/// All little-endian. A trailer that MCUboot wrote has none: its other bytes read erased.
public struct SwapRecord: Equatable, Sendable {
    /// Which swap.
    public let swap: StartedSwap
    /// Size of the longer image.
    public let swapSizeBytes: UInt32

    static let byteCount = 8

    init(_ swap: StartedSwap, swapSizeBytes: UInt32) {
        self.swap = swap
        self.swapSizeBytes = swapSizeBytes
    }

    /// `nil`: torn, half-erased, or not of this system.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.byteCount, let type = SwapType(rawValue: bytes.byte(at: 0)), type != .none else {
            return nil
        }
        self.init(StartedSwap(type, number: bytes.byte(at: 1)), swapSizeBytes: bytes.littleEndianUInt32(at: 4))
        guard bytes.littleEndianUInt16(at: 2) == check else { return nil }
    }

    func encode(into bytes: inout MutableRawSpan) {
        bytes.store(swap.type.rawValue, at: 0)
        bytes.store(swap.number, at: 1)
        bytes.storeLittleEndian(check, at: 2)
        bytes.storeLittleEndian(swapSizeBytes, at: 4)
    }

    private var check: UInt16 {
        var buffer = InlineArray<6, UInt8>(repeating: 0)
        var span = buffer.mutableSpan
        var bytes = span.mutableBytes
        bytes.store(swap.type.rawValue, at: 0)
        bytes.store(swap.number, at: 1)
        bytes.storeLittleEndian(swapSizeBytes, at: 2)
        return CRC32.lowerHalf(of: bytes.bytes)
    }
}
