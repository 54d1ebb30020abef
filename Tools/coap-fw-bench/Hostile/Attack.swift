import DTLS
import Endpoint
import SeededRandom
import UDPSockets

/// What an attacker sees of the world: the server, and the honest peers whose addresses it may write as its own.
struct Target {
    let address: IPAddress
    let port: UInt16
    let plainPort: UInt16
    /// The port of the honest peers, which share a socket.
    let honestPort: UInt16
    let honest: [HonestClient]
}

/// One way to bother a server, done so many times a second.
protocol Attack: AnyObject {
    var name: String { get }
    /// Times a second.
    var rate: Double { get }
    /// Does it once.
    func fire(_ target: Target, _ random: inout SplitMix64) throws
    /// Takes what has come back.
    func receive() throws
    /// What came of it, in words; nil: nothing to be told.
    var outcome: String? { get }
}

extension Attack {
    func receive() throws {}
    var outcome: String? { nil }
}

/// Datagrams from a forged address: hellos from port 0, alerts, records and key exchanges in honest peers' names,
/// replays, requests without DTLS for others to get the answers, and bytes without sense.
final class Forgeries: Attack {
    enum Kind: String, CaseIterable {
        case portZero = "hellos from port 0"
        case alerts = "alerts in honest names"
        case keyExchanges = "key exchanges in honest names"
        case records = "records in honest names"
        case hellos = "hellos in honest names"
        case replays = "replays"
        case probes = "amplification probes"
        case noise = "random datagrams"
    }

    let kind: Kind
    let rate: Double
    private let raw: RawSocket

    init(_ kind: Kind, rate: Double, through raw: RawSocket) {
        self.kind = kind
        self.rate = rate
        self.raw = raw
    }

    var name: String { kind.rawValue }

    func fire(_ target: Target, _ random: inout SplitMix64) {
        let victim = target.honest[Int(random.next() % UInt64(target.honest.count))]
        let bytes: [UInt8]
        switch kind {
        case .portZero:
            bytes = Records.hello(random: random.bytes(32))
            return send(bytes, from: IPAddress(ipv4: 0x7F01_0101), port: 0, target)
        case .alerts:
            // Fatal handshake_failure, or close_notify.
            bytes = Records.record(21, sequence: 3, random.next() % 2 == 0 ? [2, 40] : [1, 0])
        case .keyExchanges:
            bytes = Records.record(22, sequence: 2, Records.handshake(16, sequence: 2, [0, 1, 0x78]))
        case .records:
            let type = UInt8(20 + random.next() % 4)
            bytes = Records.record(type, epoch: 1, sequence: UInt32(random.next() % 4096), random.bytes(40))
        case .hellos:
            bytes = Records.hello(random: random.bytes(32))
        case .replays:
            guard !victim.captured.isEmpty else { return }
            bytes = victim.captured
        case .probes:
            // GET /.well-known/core
            bytes = [0x50, 1, 1, 2, 0xBB] + Array(".well-known".utf8) + [4] + Array("core".utf8)
            return raw.send(
                bytes,
                from: victim.source,
                port: target.honestPort,
                to: target.address,
                port: target.plainPort
            )
        case .noise:
            bytes = random.bytes(Int(random.next() % 1400))
            return send(bytes, from: IPAddress(ipv4: 0x7F02_0202), port: UInt16(random.next() % 65_536), target)
        }
        send(bytes, from: victim.source, port: target.honestPort, target)
    }

    func receive() { raw.flush() }

    private func send(_ bytes: [UInt8], from source: IPAddress, port: UInt16, _ target: Target) {
        raw.send(bytes, from: source, port: port, to: target.address, port: target.port)
    }
}
