import FirmwarePackaging
import Foundation
import Payload
import SeededRandom
import Testing

/// Payloads that nobody should have made: a typed error or some output, never more than there is room for.
@Suite(.timeLimit(.minutes(15))) struct HostileTests {
    private static let source: [UInt8] = {
        var random = SplitMix64(seed: 77)
        return Firmware.Program(functionCount: 60, base: 0x0800_0000, using: &random).image
    }()
    private static let target: [UInt8] = {
        var random = SplitMix64(seed: 78)
        return Firmware.edited(source, count: 25, using: &random)
    }()

    /// One of each kind of payload.
    private static let payloads: [[UInt8]] = [
        (try? DeltaEncoder.encode(source: source, target: target)) ?? [],
        (try? DeltaEncoder.encode(target: target)) ?? [],
        (try? LZMAEncoder.encode(target)) ?? [],
    ]

    @Test(arguments: 0..<3)
    func everyTruncationIsAnError(kind: Int) throws {
        let payload = Self.payloads[kind]
        #expect(try Decoding.decode(payload, source: Self.source) == Self.target)
        for count in 0..<payload.count {
            #expect(throws: PayloadError.self, "cut to \(count) bytes") {
                try Decoding.decode(Array(payload[..<count]), source: Self.source)
            }
        }
    }

    /// It is not decoded on from the zeros behind its end.
    @Test(arguments: 0..<2, [2, 3, 4])
    func aTruncatedDeltaEndsWhereItsBytesDo(kind: Int, part: Int) {
        let payload = Self.payloads[kind]
        #expect(throws: PayloadError.truncated) {
            try Decoding.decode(Array(payload[..<(payload.count * (part - 1) / part)]), source: Self.source)
        }
    }

    /// Memory whose source cannot be read once.
    private struct OnceUnreadable: PayloadMemory {
        var memory: ArrayMemory
        var isBroken = true

        mutating func readPayload(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
            try memory.readPayload(at: offset, into: &bytes)
        }

        mutating func readSource(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
            if isBroken {
                isBroken = false
                throw .unreadable
            }
            try memory.readSource(at: offset, into: &bytes)
        }

        mutating func readOutput(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
            try memory.readOutput(at: offset, into: &bytes)
        }
    }

    @Test func aDecoderThatFailedDoesNotGoOnAlthoughItCould() throws {
        var decoder = PayloadDecoder()
        var memory = OnceUnreadable(memory: ArrayMemory(payload: Self.payloads[0], source: Self.source))
        try decoder.start(
            payloadBytes: UInt32(Self.payloads[0].count),
            sourceBytes: UInt32(Self.source.count),
            maximumOutputBytes: 1 << 20,
            memory: &memory
        )
        var buffer = [UInt8](repeating: 0, count: 64)
        for _ in 0..<3 {
            #expect(throws: PayloadError.unreadable) {
                var span = buffer.mutableSpan
                _ = try decoder.decode(into: &span, memory: &memory)
            }
        }
        #expect(!memory.isBroken)
    }

    @Test(arguments: 0..<3)
    func bytesBehindTheEndAreAnError(kind: Int) {
        for tail in [[0], [255], [UInt8](repeating: 0, count: 300)] as [[UInt8]] {
            #expect(throws: PayloadError.trailingBytes) {
                try Decoding.decode(Self.payloads[kind] + tail, source: Self.source)
            }
        }
    }

    @Test(arguments: 0..<3)
    func aPayloadThatNeedsMoreRoomIsRefused(kind: Int) {
        let room = UInt32(Self.target.count - 1)
        do {
            _ = try Decoding.decode(Self.payloads[kind], source: Self.source, maximumBytes: room)
            Issue.record("it was decoded")
        } catch {
            guard case .tooLarge(let outputBytes, room) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(outputBytes > room)
        }
    }

    @Test func aDeltaForAnotherSourceIsRefused() {
        let other = Self.source + [0]
        let expected = PayloadError.wrongSource(
            expectedBytes: UInt32(Self.source.count),
            foundBytes: UInt32(other.count)
        )
        #expect(throws: expected) { try Decoding.decode(Self.payloads[0], source: other) }
    }

    @Test func headersThatNoEncoderWritesAreRefused() {
        let cases: [([UInt8], PayloadError)] = [
            ([], .truncatedHeader), ([0x10], .truncatedHeader), ([0x10, 0x80], .truncatedHeader),
            ([0x10, 0x80, 0x00], .badHeader), ([0x10, 0x80, 0x80, 0x80, 0x80, 0x00], .badHeader),
            ([0x11, 0x05, 0x00], .badHeader), ([0x14, 0x05, 0x01], .badHeader),
            ([0x10, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0], .badHeader),
            ([0x20, 0x05], .unknownFormat(0x20)), ([0xFF], .unknownFormat(0xFF)), ([0x00, 1], .truncatedHeader),
            ([0x12, 0x80, 0x80, 0x40, 0, 0, 0, 0], .tooLarge(outputBytes: 1 << 20, maximumBytes: 1 << 19)),
        ]
        for (payload, error) in cases {
            #expect(throws: error, "\(payload)") { try Decoding.decode(payload, maximumBytes: 1 << 19) }
        }
    }

    @Test func aDecoderThatFailedFailsUntilItBeginsAgain() throws {
        var decoder = PayloadDecoder()
        var memory = ArrayMemory(payload: [], source: [])
        var buffer = [UInt8](repeating: 0, count: 8)
        func attempt() throws(PayloadError) -> Int {
            var span = buffer.mutableSpan
            return try decoder.decode(into: &span, memory: &memory)
        }
        #expect(throws: PayloadError.notStarted) { try attempt() }
        memory = ArrayMemory(payload: Array(Self.payloads[0].dropLast(5)), source: Self.source)
        try decoder.start(
            payloadBytes: UInt32(memory.payload.count),
            sourceBytes: UInt32(Self.source.count),
            maximumOutputBytes: 1 << 20,
            memory: &memory
        )
        var failure: PayloadError?
        while failure == nil {
            do throws(PayloadError) {
                let count = try attempt()
                memory.output += buffer[..<count]
            } catch {
                failure = error
            }
        }
        let lasting = try #require(failure)
        for _ in 0..<3 { #expect(throws: lasting) { try attempt() } }
        #expect(try Decoding.decode(Self.payloads[1], [], 1 << 20, 9, &decoder) == Self.target)
    }

    /// PAYLOAD_FUZZ_INPUTS says how many, PAYLOAD_FUZZ_SEED which.
    @Test(.timeLimit(.minutes(60))) func damagedAndRandomPayloadsNeverTrap() {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["PAYLOAD_FUZZ_INPUTS"].flatMap { Int($0) } ?? 60_000
        let seed = environment["PAYLOAD_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        var random = SplitMix64(seed: seed)
        var decoder = PayloadDecoder()
        let source = Array(Self.source.prefix(600))
        let small = Array(Self.target.prefix(500))
        let payloads = [
            (try? DeltaEncoder.encode(source: source, target: small)) ?? [],
            (try? DeltaEncoder.encode(target: small)) ?? [], (try? LZMAEncoder.encode(small)) ?? [],
        ]
        var errors: [String: Int] = [:]
        for input in 0..<count {
            var payload = payloads[input % 3]
            if input % 2 == 0 {
                // The header stays as it is more often than not.
                let first = random.below(4) == 0 ? 0 : min(13, payload.count - 1)
                for _ in 0...random.below(3) {
                    payload[first + random.below(payload.count - first)] = UInt8(random.below(256))
                }
                if random.below(8) == 0 { payload.removeLast(random.below(payload.count)) }
            } else {
                payload = Array(payload.prefix(random.below(14))) + random.bytes(random.below(400))
            }
            do {
                _ = try Decoding.decode(payload, source, 4096, 128, &decoder)
                errors["none", default: 0] += 1
            } catch {
                errors[String("\(error)".prefix { $0 != "(" }), default: 0] += 1
            }
        }
        print("payloads: \(count), seed \(seed): \(errors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        // Otherwise the damage does not reach what it should.
        for kind in ["truncated", "trailingBytes", "badReference", "tooLarge", "unknownFormat"] {
            #expect(errors[kind, default: 0] > 0, "\(kind), seed \(seed)")
        }
    }
}
