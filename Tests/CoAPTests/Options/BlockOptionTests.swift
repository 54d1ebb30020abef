import CoAP
import Testing

@Suite("Block options", .timeLimit(.minutes(15)))
struct BlockOptionTests {
    @Test(arguments: [
        ("", UInt32(0), false, UInt8(0), 16, UInt32(0)),
        ("00", 0, false, 0, 16, 0),
        ("000000", 0, false, 0, 16, 0),
        ("08", 0, true, 0, 16, 0),
        ("0b", 0, true, 3, 128, 0),
        ("32", 3, false, 2, 64, 192),
        ("06", 0, false, 6, 1024, 0),
        ("f6", 15, false, 6, 1024, 15_360),
        ("0106", 16, false, 6, 1024, 16_384),
        ("fffe", 4095, true, 6, 1024, 4_193_280),
        ("fffffe", 1_048_575, true, 6, 1024, 1_073_740_800),
        ("fffff0", 1_048_575, false, 0, 16, 16_777_200),
    ])
    func isRead(text: String, number: UInt32, more: Bool, szx: UInt8, sizeBytes: Int, byteOffset: UInt32) throws {
        let block = try BlockOption(hex(text).span.bytes)
        #expect(block == (try BlockOption(number: number, more: more, szx: szx)))
        #expect(block.sizeBytes == sizeBytes)
        #expect(block.byteOffset == byteOffset)
        #expect(decodeUInt(hex(text).span.bytes) == block.rawValue)
    }

    @Test(arguments: ["07", "0f", "f7", "ffff", "ffffff", "000007"])
    func sizeExponentSevenIsReserved(text: String) {
        #expect(throws: BlockOptionError.reservedSZX) { try BlockOption(hex(text).span.bytes) }
    }

    @Test(arguments: ["00000000", "01000006", "0000000000", "00000007"])
    func fourBytesAndMoreAreTooLong(text: String) {
        #expect(throws: BlockOptionError.valueTooLong(byteCount: text.count / 2)) {
            try BlockOption(hex(text).span.bytes)
        }
    }

    @Test func rangesAreChecked() {
        #expect(throws: BlockOptionError.reservedSZX) { try BlockOption(number: 0, szx: 7) }
        #expect(throws: BlockOptionError.reservedSZX) { try BlockOption(number: 0, szx: 255) }
        #expect(throws: BlockOptionError.numberTooLarge) { try BlockOption(number: 1_048_576, szx: 0) }
    }

    @Test(
        arguments: [
            (UInt32(0), UInt8(6), 0, 0..<0, false),
            (0, 6, 1, 0..<1, false),
            (0, 6, 1024, 0..<1024, false),
            (0, 6, 1025, 0..<1024, true),
            (1, 6, 1025, 1024..<1025, false),
            (1, 6, 1024, nil, false),
            (1, 0, 0, nil, false),
            (1_048_575, 6, 1_073_741_824, 1_073_740_800..<1_073_741_824, false),
            (1_048_575, 6, 1_073_740_800, nil, false),
            (0, 6, -1, nil, false),
        ] as [(UInt32, UInt8, Int, Range<Int>?, Bool)]
    )
    func cutsARepresentation(number: UInt32, szx: UInt8, totalBytes: Int, range: Range<Int>?, more: Bool) throws {
        let block = try BlockOption(number: number, szx: szx)
        #expect(block.byteRange(totalBytes: totalBytes) == range)
        #expect(block.hasMore(totalBytes: totalBytes) == more)
    }

    @Test func everyBlockOfARepresentationIsCutOnce() throws {
        for szx in UInt8(0)...6 {
            for totalBytes in [1, 15, 16, 17, 1023, 1024, 1025, 5000] {
                var position = 0
                var number: UInt32 = 0
                while let range = try BlockOption(number: number, szx: szx).byteRange(totalBytes: totalBytes) {
                    #expect(range.lowerBound == position && !range.isEmpty)
                    position = range.upperBound
                    let more = try BlockOption(number: number, szx: szx).hasMore(totalBytes: totalBytes)
                    #expect(more == (position < totalBytes))
                    number += 1
                }
                #expect(position == totalBytes)
            }
        }
    }
}
