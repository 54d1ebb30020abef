import CoAP
import Testing

@Suite("Random CoAP messages", .timeLimit(.minutes(15)))
struct RoundTripTests {
    private static let rerun = "SEED=\(TestEnvironment.seed) swift test -c release --filter CoAPTests.RoundTripTests"

    /// What the writer writes is what the simplest encoder writes, and reads back as what it was.
    @Test func survivesWritingAndReading() throws {
        var generator = MessageGenerator(seed: TestEnvironment.seed)
        for round in 0..<20_000 {
            let message = generator.message()
            let bytes = try message.written(capacityBytes: 8192)
            let isRight = bytes == message.referenceEncoding()
            let readBack = try DecodedMessage(datagram: bytes)
            if !isRight || readBack != message {
                Issue.record("round \(round): \(message) became \(hexText(bytes)); \(Self.rerun)")
                return
            }
        }
    }

    /// What is accepted, however strange, is written back byte for byte: there is one encoding of each message.
    @Test func acceptedDatagramsAreWrittenBackByteForByte() throws {
        var source = DatagramGenerator(seed: TestEnvironment.seed)
        var accepted = 0
        for round in 0..<50_000 {
            let datagram = source.next()
            guard let message = try? DecodedMessage(datagram: datagram) else { continue }
            accepted += 1
            let written = try message.written(capacityBytes: 8192)
            if written != datagram {
                Issue.record("round \(round): \(hexText(datagram)) became \(hexText(written)); \(Self.rerun)")
                return
            }
        }
        #expect(accepted > 10_000)
    }
}
