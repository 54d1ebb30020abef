/// What the messages of a transfer weigh, as UDP payload; the link adds 28 bytes of IPv4 and UDP headers to each.
///
/// DTLS 1.2 with CCM-8 adds 13 (record header) + 8 (explicit nonce) + 8 (tag) = 29 bytes. A request is 27 bytes of CoAP
/// (header 4, token 4, Uri-Path "fw" and PID 6…8, Block2 with extended delta 5, room for Size2 and ETag). An answer has
/// 23 bytes around its block: header 4, token 4, ETag 9, Block2 5, payload marker 1.
enum WireSizes {
    static let dtlsBytes = 29
    static let requestBytes = 27 + dtlsBytes
    static let answerOverheadBytes = 23 + dtlsBytes
    static let headerBytes = 28

    /// UDP payload of the answer that carries `blockBytes`.
    static func answerBytes(blockBytes: Int) -> Int { answerOverheadBytes + blockBytes }

    /// Seconds that the shortest possible transfer takes: N · (r + 28) · 8 / (rate · (1 − p)) (`docs/measurements.md`).
    static func limitSeconds(imageBytes: Int, rate: Double, loss: Double) -> Double {
        let blocks = (imageBytes + 1023) / 1024
        return Double(blocks * (answerBytes(blockBytes: 1024) + headerBytes)) * 8 / (rate * (1 - loss))
    }
}
