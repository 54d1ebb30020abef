import DTLS
import Endpoint
import Glibc
import SeededRandom
import TestSupport
import Testing

/// Honest handshakes over a link with a round trip of 1.5 s and 10 % loss each way, beside 20 000 half handshakes
/// a second from 16 addresses. In virtual time: the honest devices' own timers run in real time, so that the test sends
/// their flights again when they would.
@Suite(.serialized, .timeLimit(.minutes(15))) struct HalfHandshakeTests {
    private struct Delivery {
        let due: Duration
        let device: Int
        let datagram: [UInt8]
        let toServer: Bool
    }

    /// A client on a bad link: sends its last flight again until the next.
    private final class Honest {
        let device: TestDevice
        var flight: [[UInt8]] = []
        var wait = Duration.milliseconds(2250)
        var resend: Duration
        var isDone: Bool { device.events == [.established] }

        init(port: UInt16, ipv4: UInt32, start: Duration) throws {
            device = try TestDevice(port: port, ipv4: ipv4)
            resend = start
        }
    }

    /// Memory of this process (proc(5), statm).
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    private static let delay = Duration.milliseconds(750)

    /// A hello and, from the server's challenge, the same with the cookie. Made from a recorded one.
    private struct HalfHandshake {
        let hello: [UInt8]

        init() throws { hello = try #require(try TestDevice(port: 1).start().first) }

        func begin(_ server: TestEndpoint, from address: PeerAddress, _ generator: inout SplitMix64) throws {
            var first = hello
            for index in 0..<4 {
                let word = generator.next()
                for byte in 0..<8 { first[27 + index * 8 + byte] = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)) }
            }
            try server.receive(first, from: address)
            let challenge = try #require(server.takeSent().last?.bytes)
            var second = Array(first[..<60]) + [16] + challenge.suffix(16) + first[61...]
            for offset in [11, 15, 23] {
                let length = Int(second[offset]) << 8 + Int(second[offset + 1]) + 16
                (second[offset], second[offset + 1]) = (UInt8(length >> 8), UInt8(length & 255))
            }
            second[10] = 1
            second[18] = 1
            try server.receive(second, from: address)
            _ = server.takeSent()
        }
    }

    /// What 20 000 handshakes hold that are not authenticated, with fragments that claim as much as there is: the
    /// process before and after, everything included. Other tests may take memory meanwhile, so the least of three is
    /// looked at.
    @Test func aHalfHandshakeHoldsLittleWhateverItsFragmentsClaim() throws {
        var least = Int.max
        for seed in UInt64(5)...7 where least >= 8_192 { least = min(least, try heldBytes(seed)) }
        #expect(least < 8_192, "\(least) bytes each")
    }

    private func heldBytes(_ seed: UInt64) throws -> Int {
        var generator = SplitMix64(seed: seed)
        let server = try TestEndpoint()
        let half = try HalfHandshake()
        let count = 20_000
        let before = Self.residentBytes()
        for index in 0..<count {
            let address = PeerAddress(ipv4: 0x0A00_0000 + UInt32(index), port: 1)
            try half.begin(server, from: address, &generator)
            for name in 0..<8 {
                // Fragments of key exchanges and Finished messages, the largest that are kept; and larger ones.
                for (type, length, part): (UInt8, Int, Int) in [
                    (16, 266, 264), (16, 130, 130), (16, (1 << 24) - 1, 1200), (1, 2048, 1200),
                ] {
                    let body = [0, 120] + [UInt8](repeating: UInt8(65 + name), count: part - 2)
                    let contents: [UInt8] =
                        [type, UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), 0, 2, 0, 0, 0]
                        + [0, UInt8(part >> 8), UInt8(part & 255)] + body
                    let header: [UInt8] = [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9]
                    let bytes = header + [UInt8(contents.count >> 8), UInt8(contents.count & 255)] + contents
                    try server.receive(bytes, from: address)
                }
            }
        }
        let held = (Self.residentBytes() - before) / count
        #expect(try server.endpoint.handshakeCount == count)
        return held
    }

    @Test(.timeLimit(.minutes(15)), arguments: [1] as [UInt64])
    func honestHandshakesCompleteBesideHalfHandshakesFromSixteenAddresses(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let server = try TestEndpoint()
        let half = try HalfHandshake()
        let honest = try (0..<100).map {
            try Honest(port: 5684, ipv4: 0x0A00_0000 + UInt32($0), start: server.now + .milliseconds(20 * $0))
        }
        var deliveries: [Delivery] = []
        let start = server.now
        var attacks = 0
        func send(_ datagrams: [[UInt8]], _ index: Int, toServer: Bool) {
            for datagram in datagrams where Int.random(in: 0..<10, using: &generator) > 0 {
                deliveries.append(
                    Delivery(due: server.now + Self.delay, device: index, datagram: datagram, toServer: toServer)
                )
            }
        }
        while honest.contains(where: { !$0.isDone }), server.now - start < .seconds(60) {
            // A millisecond: twenty half handshakes, and what is due.
            try server.advance(by: .milliseconds(1))
            for _ in 0..<20 {
                attacks += 1
                let address = PeerAddress(
                    ipv4: 0x7F00_0001 + UInt32(attacks % 16),
                    port: UInt16(attacks / 16 % 65_535 + 1)
                )
                try half.begin(server, from: address, &generator)
            }
            while let first = deliveries.first, first.due <= server.now {
                deliveries.removeFirst()
                let peer = honest[first.device]
                if first.toServer {
                    try server.receive(first.datagram, from: peer.device.address)
                    send(server.takeSent().map(\.bytes), first.device, toServer: false)
                } else {
                    let answers = peer.device.receive(first.datagram)
                    guard !answers.isEmpty else { continue }
                    peer.flight = answers
                    peer.wait = .milliseconds(2250)
                    peer.resend = server.now + peer.wait
                    send(answers, first.device, toServer: true)
                }
            }
            for (index, peer) in honest.enumerated() where !peer.isDone && peer.resend <= server.now {
                if peer.flight.isEmpty { peer.flight = peer.device.start() } else { peer.wait *= 2 }
                peer.resend = server.now + peer.wait
                send(peer.flight, index, toServer: true)
            }
        }
        let done = honest.filter(\.isDone).count
        #expect(
            done == 100,
            "\(done) of 100 after \(server.now - start) beside \(attacks) half handshakes, seed \(seed)"
        )
        #expect(try server.endpoint.handshakeCount <= 65_536)
        #expect(try server.endpoint.counters.handshakesCompleted == 100)
    }
}
