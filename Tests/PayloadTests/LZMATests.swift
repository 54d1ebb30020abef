import FirmwarePackaging
import Payload
import SeededRandom
import Testing

/// .lzma streams: liblzma and the device's decoder agree.
@Suite(.timeLimit(.minutes(15))) struct LZMATests {
    @Test func theDeviceDecodesWhatLiblzmaMakesWithTheSmallestSettings() throws {
        let image = try Firmware.image("greatfet/2024.0.4")
        let stream = try LZMAEncoder.encode(image, LZMAEncoder.Settings(dictionaryBytes: 4096))
        #expect(stream[0] == 0)
        #expect(try Decoding.decode(stream) == image)
        #expect(try LZMAEncoder.decode(stream, maximumBytes: image.count) == image)
    }

    @Test(arguments: LZMAEncoder.Settings.candidates)
    func theDeviceDecodesAllSettings(settings: LZMAEncoder.Settings) throws {
        let image = Array(try Firmware.image("microbit-v1/uflash-1.2.4").prefix(60_000))
        let stream = try LZMAEncoder.encode(image, settings)
        #expect(try Decoding.decode(stream, bufferBytes: 33) == image)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func randomImagesComeOutRight(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let image = Firmware.edited(
            Firmware.Program(functionCount: 1 + random.below(200), using: &random).image,
            count: 10,
            using: &random
        )
        let stream = try LZMAEncoder.encode(image)
        #expect(try Decoding.decode(stream) == image, "seed \(seed): swift test --filter LZMATests")
        #expect(try LZMAEncoder.decode(stream, maximumBytes: image.count) == image)
    }

    /// As other encoders write it: the size in the header, with and without a marker at the end.
    @Test func aStreamMaySayItsSize() throws {
        let image = [UInt8]("the quick brown fox jumps over the quick brown dog; the quick brown fox".utf8)
        var stream = try LZMAEncoder.encode(image, LZMAEncoder.Settings())
        stream.replaceSubrange(5..<13, with: [UInt8(image.count), 0, 0, 0, 0, 0, 0, 0])
        #expect(try Decoding.decode(stream) == image)
        stream[5] -= 1
        #expect(throws: PayloadError.trailingBytes) { try Decoding.decode(stream) }
        stream[5] += 2
        #expect(throws: PayloadError.truncated) { try Decoding.decode(stream) }
    }

    @Test func anEmptyStreamIsDecoded() throws {
        let stream = try LZMAEncoder.encode([], LZMAEncoder.Settings())
        #expect(try Decoding.decode(stream) == [])
    }

    @Test(arguments: [2, 3] as [UInt32])
    func settingsThatNeedMoreRAMAreRefused(contextBits: UInt32) throws {
        let image = Array(repeating: UInt8(7), count: 1000)
        let settings = LZMAEncoder.Settings(literalContextBits: contextBits, positionBits: 2)
        let stream = try LZMAEncoder.encode(image, settings)
        #expect(throws: PayloadError.unknownFormat(stream[0])) { try Decoding.decode(stream) }
    }

    /// The first decision is one of a match, and there is nothing yet to match.
    @Test(arguments: [0x90, 0xA0, 0xC0, 0xE0] as [UInt8])
    func aMatchBeforeTheOutputIsAnError(first: UInt8) throws {
        // Properties and dictionary as usual, no size, and then the stream.
        var stream = Array(try LZMAEncoder.encode([], LZMAEncoder.Settings())[..<5])
        stream += [UInt8](repeating: 255, count: 8)
        stream += [0, first] + [UInt8](repeating: 0, count: 40)
        #expect(throws: PayloadError.badReference) { try Decoding.decode(stream) }
    }
}
