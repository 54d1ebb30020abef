import CCoAP
import CoAP
import Foundation
import Testing

/// Throughput of the codec and of libcoap in one process: `COAP_BENCH=1 swift test -c release --filter CodecBenchmark`.
/// Prints only; a shared machine says nothing that a test could insist on.
@Suite(
    "Codec throughput",
    .serialized,
    .timeLimit(.minutes(15)),
    .enabled(if: ProcessInfo.processInfo.environment["COAP_BENCH"] == "1")
)
struct CodecBenchmark {
    private static let rounds = 2_000_000
    private static let request = hex("58 01 1234 1122334455667788 b2 6677 01 37 c2 0a36 50")
    private static let response =
        hex("58 45 1234 1122334455667788 48 a1a2a3a4a5a6a7a8 d2 06 0a3e 53 03c000 ff")
        + [UInt8](repeating: 0x5A, count: 1024)

    private func report(_ what: String, _ body: () throws -> Int) rethrows {
        let clock = ContinuousClock()
        var checksum = 0
        let elapsed = try clock.measure { checksum = try body() }
        let nanoseconds = Double(elapsed.components.attoseconds) / 1e9 + Double(elapsed.components.seconds) * 1e9
        print("\(what): \(Int(nanoseconds / Double(Self.rounds))) ns each (\(checksum))")
    }

    @Test func readsRequests() throws {
        try report("read a request and collect its options") {
            var sum = 0
            for _ in 0..<Self.rounds {
                let view = try MessageView(Self.request.span.bytes)
                let options = RequestOptions(view)
                sum &+= Int(options.block2?.number ?? 0) &+ options.pathSegmentCount
            }
            return sum
        }
    }

    @Test func readsResponses() throws {
        try report("read a response of 1024 bytes and collect its options") {
            var sum = 0
            for _ in 0..<Self.rounds {
                let view = try MessageView(Self.response.span.bytes)
                let options = ResponseOptions(view)
                sum &+= Int(options.block2?.number ?? 0) &+ view.payload.byteCount
            }
            return sum
        }
    }

    @Test func libcoapReads() throws {
        let libcoap = try #require(LibcoapParser())
        for (what, datagram) in [("a request", Self.request), ("a response of 1024 bytes", Self.response)] {
            report("libcoap: coap_pdu_parse of \(what)") {
                (0..<Self.rounds).reduce(0) { sum, _ in sum &+ (libcoap.accepts(datagram) ? 1 : 0) }
            }
        }
    }

    @Test func writesResponses() throws {
        var buffer = [UInt8](repeating: 0, count: 1280)
        let payload = [UInt8](repeating: 0x5A, count: 1024)
        try report("write a response of 1024 bytes") {
            var sum = 0
            for round in 0..<Self.rounds {
                sum &+= try Self.write(into: &buffer, payload: payload.span.bytes, messageID: UInt16(round & 0xFFFF))
            }
            return sum
        }
    }

    private static func write(into buffer: inout [UInt8], payload: RawSpan, messageID: UInt16) throws -> Int {
        var span = buffer.mutableSpan
        var writer = MessageWriter(into: span.mutableBytes)
        try writer.start(
            type: .nonConfirmable,
            code: .content,
            messageID: messageID,
            token: Token(0x1122_3344_5566_7788)
        )
        try writer.option(etag: ETag(0xA1A2_A3A4_A5A6_A7A8))
        try writer.option(.block2, block: try BlockOption(number: 163, more: true, szx: 6))
        try writer.option(.size2, uint: 0x03C000)
        try writer.payload(payload)
        return try writer.finish()
    }

    @Test func libcoapWrites() {
        let payload = [UInt8](repeating: 0x5A, count: 1024)
        let etag = hex("a1a2a3a4a5a6a7a8")
        report("libcoap: build the same in a new PDU") {
            (0..<Self.rounds).reduce(0) { sum, _ in
                guard let pdu = coap_pdu_init(coap_pdu_type_t(rawValue: 1), coap_pdu_code_t(rawValue: 69), 0, 1280)
                else { return sum }
                defer { coap_delete_pdu(pdu) }
                coap_add_token(pdu, 8, etag)
                coap_add_option(pdu, 4, 8, etag)
                coap_add_option(pdu, 23, 2, etag)
                coap_add_option(pdu, 28, 3, etag)
                return sum &+ Int(coap_add_data(pdu, 1024, payload))
            }
        }
    }
}
