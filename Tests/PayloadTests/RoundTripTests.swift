import FirmwarePackaging
import Payload
import SeededRandom
import Testing

/// What the encoder makes, the decoder undoes.
@Suite(.timeLimit(.minutes(15))) struct RoundTripTests {
    private static let seeds: [UInt64] = Array(1...12)

    /// Prints how a failure is run again.
    private func note(_ seed: UInt64) -> Comment { "seed \(seed): swift test --filter RoundTripTests" }

    /// Releases of real firmware, and how long a delta may be. (Tools/bench delta has more pairs.)
    @Test(arguments: [
        ("greatfet/2025.0.0", "greatfet/2026.0.0", 40), ("greatfet/2024.0.4", "greatfet/2025.0.0", 18000),
        ("microbit-v1/uflash-1.0.8", "microbit-v1/uflash-1.2.4", 105000),
    ])
    func corpusPairsAreAsShortAsAskedFor(old: String, new: String, goalBytes: Int) throws {
        let source = try Firmware.image(old)
        let target = try Firmware.image(new)
        let payload = try DeltaEncoder.encode(source: source, target: target)
        #expect(payload.count <= goalBytes)
        #expect(try Decoding.decode(payload, source: source) == target)
    }

    @Test func aFullImageIsShorterThanItsGoal() throws {
        let target = try Firmware.image("greatfet/2024.0.4")
        let payload = try DeltaEncoder.encode(target: target)
        // 0.96 of what xz -9e makes.
        #expect(payload.count <= 50856 * 96 / 100)
        #expect(try Decoding.decode(payload) == target)
    }

    @Test(arguments: seeds)
    func editedImagesComeOutRight(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let source = Firmware.Program(functionCount: 100, base: 0x0800_0000, using: &random).image
        let target = Firmware.edited(source, count: random.below(40), using: &random)
        let payload = try DeltaEncoder.encode(source: source, target: target)
        #expect(try Decoding.decode(payload, source: source) == target, note(seed))
        let full = try DeltaEncoder.encode(target: target)
        #expect(try Decoding.decode(full, bufferBytes: 1) == target, note(seed))
    }

    @Test(arguments: seeds)
    func callsAndAddressesFollowWhatMoved(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var program = Firmware.Program(functionCount: 300, base: 0x0800_4000, using: &random)
        let source = program.image
        // One function grows: everything behind it moves, and all references to that.
        program.functions[20] += random.bytes(64)
        let target = program.image
        let payload = try DeltaEncoder.encode(source: source, target: target)
        #expect(payload.count < 64 + 120, note(seed))
        #expect(try Decoding.decode(payload, source: source) == target, note(seed))
    }

    @Test(arguments: seeds)
    func noiseComesOutRight(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let source = random.bytes(random.below(3000))
        let target = random.bytes(random.below(3000))
        for old in [source, []] {
            let payload = try DeltaEncoder.encode(source: old, target: target)
            #expect(try Decoding.decode(payload, source: old) == target, note(seed))
            #expect(payload.count <= target.count + target.count / 20 + 32, note(seed))
        }
    }

    /// Calls at the end, cut through, at odd places, in rows; all lengths.
    @Test func shortAndOddImagesComeOutRight() throws {
        let call: [UInt8] = [0x01, 0xF0, 0x02, 0xF8]
        let half: [UInt8] = [0x00, 0xF0]
        let images: [[UInt8]] = [
            [], [0], call, half, half + call, call + half, call + [0xF0], [7] + call + call, half + half + half + call,
            Array(repeating: 0xF8, count: 9), Array((0..<20).map { _ in call }.joined()),
            Array((0..<20).map { _ in half }.joined()), Array(repeating: 0, count: 5000),
        ]
        for source in images {
            for target in images {
                let payload = try DeltaEncoder.encode(source: source, target: target)
                for bufferBytes in [1, 3, 128, 1000] {
                    let decoded = try Decoding.decode(payload, source: source, bufferBytes: bufferBytes)
                    #expect(decoded == target, "from \(source.prefix(20)) to \(target.prefix(20))")
                }
            }
        }
    }

    @Test func aDecoderThatBeginsAgainGivesTheSame() throws {
        var random = SplitMix64(seed: 5)
        let source = Firmware.Program(functionCount: 200, using: &random).image
        let target = Firmware.edited(source, count: 30, using: &random)
        let payload = try DeltaEncoder.encode(source: source, target: target)
        let stream = try LZMAEncoder.encode(target)
        var decoder = PayloadDecoder()
        for cut in stride(from: 0, through: target.count, by: 911) {
            for (bytes, old) in [(payload, source), (stream, [])] {
                var memory = ArrayMemory(payload: bytes, source: old)
                try decoder.start(
                    payloadBytes: UInt32(bytes.count),
                    sourceBytes: UInt32(old.count),
                    maximumOutputBytes: 1 << 20,
                    memory: &memory
                )
                var buffer = [UInt8](repeating: 0, count: 64)
                while memory.output.count < cut {
                    var span = buffer.mutableSpan
                    let count = try decoder.decode(into: &span, memory: &memory)
                    memory.output += buffer[..<count]
                }
                #expect(memory.output[...] == target[..<memory.output.count])
            }
        }
        #expect(try Decoding.decode(payload, source, 1 << 20, 64, &decoder) == target)
    }

    @Test func theSameInputGivesTheSamePayload() throws {
        var random = SplitMix64(seed: 9)
        let source = Firmware.Program(functionCount: 100, using: &random).image
        let target = Firmware.edited(source, count: 20, using: &random)
        let first = try DeltaEncoder.encode(source: source, target: target)
        #expect(try DeltaEncoder.encode(source: source, target: target) == first)
    }

    @Test func imagesThatAreTooLargeAreRefused() {
        let image = [UInt8](repeating: 0, count: 4 << 20 + 1)
        #expect(throws: DeltaEncoder.Failure.tooLarge(sizeBytes: image.count, maximumBytes: 4 << 20)) {
            try DeltaEncoder.encode(target: image)
        }
    }
}
