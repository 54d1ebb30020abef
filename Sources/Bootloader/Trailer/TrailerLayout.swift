/// Where the fields of a slot's trailer are, from the start of the slot.
///
/// Byte map, from the end of the slot towards its start (MCUboot `bootutil_priv.h` and `bootutil_area.c`, without
/// encryption and for swap using move). `A` is the write alignment, `M` = max(8, A) what MCUboot calls BOOT_MAX_ALIGN,
/// `S` the number of sectors of the slot (MCUboot's BOOT_MAX_IMG_SECTORS, as its automatic setting computes it):
/// ```
/// slot end − 16              magic, 16 bytes, at the end of an area of 16 rounded up to M
///          − area            start of that area
///          − area − M        image_ok, 1 byte: 0x01 confirmed
///          − area − 2M       copy_done, 1 byte: 0x01 the swap is complete
///          − area − 3M       swap_info, 1 byte: 2 test, 3 permanent, 4 revert
///          − area − 4M       swap_size, u32 little-endian: bytes to swap
///          − area − 4M − 3SA swap status: 3S records of A bytes, of which the first tells
/// ```
/// Record `i` for `i < S` is written when sector `n − 1 − i` of the primary's `n` image sectors was moved up by one;
/// records `S + 2j` and `S + 2j + 1` when sector `j` of the secondary was copied to the primary, and sector `j + 1` of
/// the primary to the secondary (MCUboot `swap_move.c`, `boot_status_internal_off`).
///
/// Two things in it are this system's own, in records that MCUboot leaves alone and erases with the rest:
/// - *settled*, a `CommitMark` in the last four records of the primary's status: the swap is done and its image stays,
///   and this system has written here. No image has so many sectors, as trailer and spare sector take two; and MCUboot,
///   should it look there, takes it for the record of a swap that is done.
/// - the `SwapLog`, in the whole status of the secondary, where MCUboot has nothing.
public struct TrailerLayout: Equatable, Sendable {
    /// `A`.
    public let recordSizeBytes: UInt32
    /// `M`.
    public let fieldSizeBytes: UInt32
    /// `S`.
    public let sectorCapacity: UInt32

    /// Offset in the slot of the write units that hold the magic.
    public let magicAreaOffset: UInt32
    /// Offset in the slot of the magic, 16 bytes that end with the slot.
    public let magicOffset: UInt32
    /// Offset in the slot of image_ok.
    public let imageOKOffset: UInt32
    /// Offset in the slot of copy_done.
    public let copyDoneOffset: UInt32
    /// Offset in the slot of swap_info.
    public let swapInfoOffset: UInt32
    /// Offset in the slot of swap_size.
    public let swapSizeOffset: UInt32
    /// Offset in the slot of the status records.
    public let statusOffset: UInt32
    /// Of the mark *settled*, of the primary slot.
    let settledOffset: UInt32
    /// The start of the first sector that the trailer touches: what an image must end before.
    public let firstSectorOffset: UInt32

    /// The units of the mark *settled*.
    static let settledUnitCount: UInt32 = 4

    /// The size of the magic.
    public static let magicByteCount: UInt32 = 16

    /// Computes the layout; `nil` if the slot cannot hold trailer, spare sector and one sector of image, or has more
    /// sectors than the `SwapLog` can count.
    init?(slotSizeBytes: UInt32, sectorSizeBytes: UInt32, writeAlignmentBytes: UInt32) {
        let fieldSizeBytes = max(8, writeAlignmentBytes)
        let magicAreaSizeBytes = (Self.magicByteCount + fieldSizeBytes - 1) / fieldSizeBytes * fieldSizeBytes
        let sectorCount = slotSizeBytes / sectorSizeBytes
        let sizeBytes =
            UInt64(magicAreaSizeBytes) + 4 * UInt64(fieldSizeBytes)
            + 3 * UInt64(sectorCount) * UInt64(writeAlignmentBytes)
        let sectorsForTrailer = (sizeBytes + UInt64(sectorSizeBytes) - 1) / UInt64(sectorSizeBytes)
        guard sectorsForTrailer + 2 <= UInt64(sectorCount), 3 * UInt64(sectorCount) <= UInt64(SwapLog.maximumStepCount)
        else { return nil }

        recordSizeBytes = writeAlignmentBytes
        self.fieldSizeBytes = fieldSizeBytes
        sectorCapacity = sectorCount
        magicOffset = slotSizeBytes - Self.magicByteCount
        magicAreaOffset = slotSizeBytes - magicAreaSizeBytes
        imageOKOffset = magicAreaOffset - fieldSizeBytes
        copyDoneOffset = imageOKOffset - fieldSizeBytes
        swapInfoOffset = copyDoneOffset - fieldSizeBytes
        swapSizeOffset = swapInfoOffset - fieldSizeBytes
        statusOffset = swapSizeOffset - 3 * sectorCount * writeAlignmentBytes
        settledOffset = swapSizeOffset - Self.settledUnitCount * writeAlignmentBytes
        firstSectorOffset = statusOffset / sectorSizeBytes * sectorSizeBytes
    }

    /// Byte `index` 0…15 of the magic: a constant where `M` is 8, and otherwise `M` as u16 little-endian and fourteen
    /// constant bytes (MCUboot `bootutil_public.c`, `boot_img_magic`).
    func magicByte(_ index: Int) -> UInt8 {
        if fieldSizeBytes == 8 {
            let magic: InlineArray<16, UInt8> = [
                0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F, 0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80,
            ]
            return magic[index]
        }
        let magic: InlineArray<14, UInt8> = [
            0x2D, 0xE1, 0x5D, 0x29, 0x41, 0x0B, 0x8D, 0x77, 0x67, 0x9C, 0x11, 0x0F, 0x1F, 0x8A,
        ]
        switch index {
        case 0: return UInt8(truncatingIfNeeded: fieldSizeBytes)
        case 1: return UInt8(truncatingIfNeeded: fieldSizeBytes >> 8)
        default: return magic[index - 2]
        }
    }
}
