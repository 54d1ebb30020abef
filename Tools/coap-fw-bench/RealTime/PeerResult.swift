import LinkEmulator

/// One loss on one link: the whole update with our client, and a fetch of the same bytes with others.
struct PeerResult: Codable {
    struct Fetch: Codable {
        /// Until the payload was there, tries included; when it never was, until giving up.
        var seconds: Double
        var isComplete: Bool
        var tries: Int
    }

    var link: String
    var loss: Double
    var imageBytes: Int
    /// Update to committed: handshake, transfer, verification.
    var seconds: Double
    var requests: Int
    var handshakeSeconds: Double
    var libcoap: Fetch
    var aiocoap: Fetch

    /// What the wire needs for the blocks alone (`docs/measurements.md`).
    var limitSeconds: Double {
        let rate = LinkPreset(rawValue: link)?.rateBitsPerSecond ?? 1
        return WireSizes.limitSeconds(imageBytes: imageBytes, rate: Double(rate), loss: loss)
    }

    static let header = """
        | link, size | loss each way | limit | coap-fw-client: update to committed | requests | coap-client-gnutls: \
        fetch | ratio | aiocoap-client: fetch | ratio |
        |---|---|---|---|---|---|---|---|---|
        """

    var line: String {
        func fetch(_ fetch: Fetch) -> [String] {
            let ratio = Text.fixed(fetch.seconds / seconds, 1)
            let tries = fetch.tries == 1 ? "" : ", \(fetch.tries) tries"
            return fetch.isComplete
                ? [Text.fixed(fetch.seconds, 1) + " s\(tries)", ratio]
                : ["not done after \(Text.fixed(fetch.seconds, 0)) s\(tries)", "> \(ratio)"]
        }
        let cells =
            [
                "\(link), \(imageBytes >> 10) KiB", Text.percent(loss), Text.fixed(limitSeconds, 1) + " s",
                Text.fixed(seconds, 1) + " s", "\(requests)",
            ] + fetch(libcoap) + fetch(aiocoap)
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
