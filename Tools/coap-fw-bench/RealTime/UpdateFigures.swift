import Foundation

/// What `coap-fw-client update --json` says at its end.
struct UpdateFigures: Decodable {
    var result: String
    var requests: Int
    var retransmissions: Int
    var handshakes: Int
    var handshakeMilliseconds: Int
    var totalMilliseconds: Int

    enum CodingKeys: String, CodingKey {
        case result, requests, retransmissions, handshakes
        case handshakeMilliseconds = "handshake_ms"
        case totalMilliseconds = "total_ms"
    }

    /// - Throws: ``BenchError`` with the output if the update was not committed.
    init(output: Data) throws {
        let line = output.split(separator: UInt8(ascii: "\n")).last { $0.first == UInt8(ascii: "{") } ?? Data()
        guard let figures = try? JSONDecoder().decode(UpdateFigures.self, from: line), figures.result == "committed"
        else { throw BenchError("not committed: " + String(decoding: output, as: UTF8.self)) }
        self = figures
    }
}
