import Foundation
import LinkEmulator

/// One cell in real time: our client, then the others, through the same shim.
struct PeerRun {
    var field: TestField
    var preset: LinkPreset
    var loss: Double
    var seed: UInt64
    /// What a peer may take; stop-and-wait over a lossy link can need very long, or never end.
    var limitSeconds: Double
    var aiocoap: URL

    /// A failed handshake is final for the peers; a person would start them again, and the time counts on.
    private static let maximumTries = 5

    func run() throws -> PeerResult {
        let link = try field.link(["--preset", preset.rawValue, "--loss", "\(loss)", "--seed", "\(seed)"])
        let address = try link.listeningAddress()
        let end = try field.update(through: address).end(within: max(600, limitSeconds))
        let figures = try UpdateFigures(output: end.output)
        let libcoap = try libcoap(address)
        let aiocoap = try aiocoap(address)
        return PeerResult(
            link: preset.rawValue,
            loss: loss,
            imageBytes: field.payload.count,
            seconds: Double(figures.totalMilliseconds) / 1000,
            requests: figures.requests,
            handshakeSeconds: Double(figures.handshakeMilliseconds) / 1000,
            libcoap: libcoap,
            aiocoap: aiocoap
        )
    }

    private func libcoap(_ address: String) throws -> PeerResult.Fetch {
        let output = field.folder.appendingPathComponent("\(UUID().uuidString).bin")
        let client = URL(fileURLWithPath: "/usr/bin/coap-client-gnutls")
        return try fetch(
            client,
            [
                "-B", "\(Int(limitSeconds))", "-m", "get", "-b", "1024", "-u", TestField.identity, "-k", TestField.key,
                "coaps://\(address)/fw/7", "-o", output.path,
            ]
        ) { _ in (try? Data(contentsOf: output)) == field.payload }
    }

    private func aiocoap(_ address: String) throws -> PeerResult.Fetch {
        let credentials = field.folder.appendingPathComponent("\(UUID().uuidString).json")
        let secret = """
            {"coaps://\(address)/*": {"dtls": {"psk": {"ascii": "\(TestField.key)"}, \
            "client-identity": {"ascii": "\(TestField.identity)"}}}}
            """
        try Data(secret.utf8).write(to: credentials)
        let arguments = [
            "-q", "--no-pretty-print", "--no-color", "--credentials", credentials.path, "coaps://\(address)/fw/7",
        ]
        return try fetch(aiocoap, arguments) { $0.range(of: field.payload) != nil }
    }

    private func fetch(
        _ client: URL,
        _ arguments: [String],
        isComplete: (Data) -> Bool
    ) throws -> PeerResult.Fetch {
        var spent = 0.0
        for attempt in 1...Self.maximumTries {
            let log = field.folder.appendingPathComponent("\(UUID().uuidString).log")
            let end = try Program(client, arguments, log: log).end(within: limitSeconds - spent)
            spent += end.seconds
            if isComplete(end.output) {
                return PeerResult.Fetch(seconds: spent, isComplete: true, tries: attempt)
            }
            if end.isTimedOut || spent >= limitSeconds || attempt == Self.maximumTries {
                return PeerResult.Fetch(seconds: spent, isComplete: false, tries: attempt)
            }
        }
        return PeerResult.Fetch(seconds: spent, isComplete: false, tries: 0)
    }
}
