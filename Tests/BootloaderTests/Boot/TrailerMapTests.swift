import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import Testing

/// The trailer's byte map, held to the code and to what imgtool writes.
@Suite(.timeLimit(.minutes(15))) struct TrailerMapTests {
    /// `imgtool sign --slot-size 0x10000 --pad --confirm`: offsets from the slot's end by `--align` and `--max-align`.
    @Test(arguments: [(4, 16, 24), (8, 16, 24), (32, 16, 64)] as [(UInt32, UInt32, UInt32)])
    func imgtoolsOffsets(align: UInt32, magic: UInt32, imageOK: UInt32) throws {
        let geometry = try FlashGeometry(sectorCount: 40, sectorSizeBytes: 4096, writeAlignmentBytes: align)
        let map = try FlashMap(standardFor: geometry)
        #expect(map.primary.sizeBytes - map.trailer.magicOffset == magic)
        #expect(map.primary.sizeBytes - map.trailer.imageOKOffset == imageOK)
    }

    @Test(
        arguments: [
            (4, 8, 16, 24, 32, 40, 48, 48 + 3 * 17 * 4), (8, 8, 16, 24, 32, 40, 48, 48 + 3 * 17 * 8),
            (16, 16, 16, 32, 48, 64, 80, 80 + 3 * 17 * 16), (32, 32, 32, 64, 96, 128, 160, 160 + 3 * 17 * 32),
            (256, 256, 256, 512, 768, 1024, 1280, 1280 + 3 * 16 * 256),
        ] as [(UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)]
    )
    func offsetsFromTheEnd(
        align: UInt32,
        field: UInt32,
        magicArea: UInt32,
        imageOK: UInt32,
        copyDone: UInt32,
        swapInfo: UInt32,
        swapSize: UInt32,
        status: UInt32
    ) throws {
        let geometry = try FlashGeometry(sectorCount: 40, sectorSizeBytes: 4096, writeAlignmentBytes: align)
        let map = try FlashMap(standardFor: geometry)
        let trailer = map.trailer
        let end = map.primary.sizeBytes
        #expect(trailer.fieldSizeBytes == field)
        #expect(trailer.recordSizeBytes == align)
        // A trust record and its log of such units take two sectors more.
        #expect(trailer.sectorCapacity == (align == 256 ? 16 : 17))
        #expect(end - trailer.magicAreaOffset == magicArea)
        #expect(end - trailer.imageOKOffset == imageOK)
        #expect(end - trailer.copyDoneOffset == copyDone)
        #expect(end - trailer.swapInfoOffset == swapInfo)
        #expect(end - trailer.swapSizeOffset == swapSize)
        #expect(end - trailer.statusOffset == status)
        #expect(trailer.firstSectorOffset % 4096 == 0)
        #expect(trailer.firstSectorOffset <= trailer.statusOffset)
        #expect(trailer.statusOffset - trailer.firstSectorOffset < 4096)
        #expect(map.maximumImageSizeBytes == trailer.firstSectorOffset - 4096)
    }

    /// The bytes after a test swap of two one-sector images and its confirmation, whole.
    @Test(arguments: TestGeometry.allCases) func bytesAfterASwap(_ name: TestGeometry) throws {
        var device = try name.device()
        let old = try TestImages.image(.v1, bodyBytes: 20)
        try device.install(old, in: .primary)
        _ = try device.boot()
        let new = try TestImages.image(.v2, bodyBytes: 16)
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)

        let map = device.map
        let layout = map.trailer
        let size = Int(map.primary.sizeBytes)
        let erased = map.geometry.erasedValue
        var expected = [UInt8](repeating: erased, count: size - Int(layout.firstSectorOffset))
        let first = Int(layout.firstSectorOffset)
        expected.replaceSubrange(Int(layout.magicOffset) - first..<size - first, with: Device.magic(layout))
        expected[Int(layout.swapInfoOffset) - first] = 2
        let record = Int(layout.recordSizeBytes)
        #expect(Array(device.bytes(in: .secondary, count: size)[first...]) == expected)

        _ = try device.boot()
        try device.confirm()
        // Byte 0 is MCUboot's; the rest says the same so that a torn one is told from a whole one.
        let size32 = UInt32(max(old.count, new.count))
        let sizeBytes = (0..<4).map { UInt8(truncatingIfNeeded: size32 >> (8 * $0)) }
        let check = CRC32.lowerHalf(of: ([2, 1] + sizeBytes).span.bytes)
        let info = [2, 1, UInt8(truncatingIfNeeded: check), UInt8(check >> 8)] + sizeBytes
        let infoStart = Int(layout.swapInfoOffset) - first
        expected.replaceSubrange(infoStart..<infoStart + 8, with: info)
        expected[Int(layout.copyDoneOffset) - first] = 1
        expected[Int(layout.imageOKOffset) - first] = 1
        let swapSize = max(old.count, new.count)
        for byte in 0..<4 {
            expected[Int(layout.swapSizeOffset) - first + byte] = UInt8(swapSize >> (8 * byte) & 0xFF)
        }
        // One image sector: one move, two halves of a swap.
        let sectors = (swapSize + Int(map.slotSectorSizeBytes) - 1) / Int(map.slotSectorSizeBytes)
        let status = Int(layout.statusOffset) - first
        for sector in 0..<sectors {
            expected[status + sector * record] = 1
            expected[status + (Int(layout.sectorCapacity) + 2 * sector) * record] = 1
            expected[status + (Int(layout.sectorCapacity) + 2 * sector + 1) * record] = 2
        }
        #expect(try device.trailer(of: .secondary).isErased)

        // The confirmation and the next boots make sure of it, by this system's own mark; MCUboot's fields stay.
        for unit in 0..<6 {
            if unit > 0 { _ = try device.boot() }
            let mark = status + (3 * Int(layout.sectorCapacity) - 4 + unit) * record
            if unit < 4 { for byte in 0..<record { expected[mark + byte] = ~erased } }
            #expect(Array(device.bytes(in: .primary, count: size)[first...]) == expected)
        }
    }
}
