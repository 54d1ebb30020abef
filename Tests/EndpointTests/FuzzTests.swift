import Credentials
import DTLS
import Endpoint
import SeededRandom
import TestSupport
import Testing

/// Honest handshakes and requests while somebody sends under the same address whatever he has seen or can think of:
/// datagrams of this and of earlier handshakes, whole, changed, cut, joined, out of order and again, and made-up
/// records.
///
/// What he makes the server say does not get to the peer: in a handshake, anybody could send the like to it without the
/// server's help.
@Suite(.timeLimit(.minutes(15))) struct FuzzTests {
    private static let firstSeed: UInt64 = 20_000
    private static let seeds: UInt64 = 300

    /// A failure names its seed: put it in place of `firstSeed`, and 1 in place of `seeds`.
    @Test(.timeLimit(.minutes(15)))
    func honestPeersGetThroughWhateverIsSentUnderTheirAddress() throws {
        for seed in Self.firstSeed..<Self.firstSeed + Self.seeds { try run(seed) }
    }

    private func run(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let server = try TestEndpoint(limits: EndpointLimits(sessions: 8, handshakes: 64, failures: 1_000_000))
        var seen: [[UInt8]] = try trace(server, seed)
        var device = try TestDevice(port: 1)
        var flight = device.start()
        for round in 0..<120 where device.events.isEmpty {
            // A last flight that stays without an answer ends a client's handshake, and it begins anew.
            if round % 40 == 39 {
                device = try TestDevice(port: 1)
                flight = device.start()
            }
            if round % 3 == 2 {
                try server.advance(by: .seconds(1))
                // Answers to forged hellos among them, as below.
                _ = server.takeSent()
            }
            seen += flight
            var answers: [[UInt8]] = []
            // Somebody may be faster than the device, but not always.
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                let datagram = forge(seen, &generator)
                try server.receive(datagram, from: device.address)
                answers += server.takeSent().map(\.bytes)
                #expect(answers.reduce(0) { $0 + $1.count } <= 2000, "seed \(seed)")
            }
            answers.removeAll()
            for datagram in flight where round % 3 > 0 || Bool.random(using: &generator) {
                try server.receive(datagram, from: device.address)
                answers += server.takeSent().map(\.bytes)
            }
            for answer in answers {
                let next = device.receive(answer)
                if !next.isEmpty { flight = next }
            }
        }
        #expect(device.events.first == .established, "seed \(seed)")
        guard device.events.first == .established else { return }
        for _ in 0..<30 {
            seen.append(try device.sealed([1, 2, 3]))
            try server.receive(forge(seen, &generator), from: device.address)
        }
        _ = server.takeSent()
        #expect(try device.request([4, 5], to: server) == [[5, 4]], "seed \(seed)")
        #expect(try server.endpoint.sessionCount <= 8 && server.endpoint.handshakeCount <= 64, "seed \(seed)")
    }

    /// The datagrams of a handshake from the same address, by somebody who was there before.
    private func trace(_ server: TestEndpoint, _ seed: UInt64) throws -> [[UInt8]] {
        let device = try TestDevice(port: 1, key: seed % 2 == 0 ? TestEndpoint.key : [9, 9, 9, 9])
        var seen: [[UInt8]] = []
        var outgoing = device.start()
        for _ in 0..<4 {
            seen += outgoing
            for datagram in outgoing { try server.receive(datagram, from: device.address) }
            outgoing = server.takeSent().flatMap { sent in
                seen.append(sent.bytes)
                return device.receive(sent.bytes)
            }
        }
        return seen
    }

    private func forge(_ seen: [[UInt8]], _ generator: inout SplitMix64) -> [UInt8] {
        var datagram = seen.randomElement(using: &generator) ?? []
        switch Int.random(in: 0..<8, using: &generator) {
        case 0:
            break
        case 1:
            datagram = Array(datagram.prefix(Int.random(in: 0...datagram.count, using: &generator)))
        case 2:
            datagram += seen.randomElement(using: &generator) ?? []
        case 3:
            datagram = Array(datagram.dropFirst(Int.random(in: 0...datagram.count, using: &generator)))
        case 4:
            // A record of its own, plausible in all that is not encrypted.
            let count = Int.random(in: 0...60, using: &generator)
            let body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            datagram = [UInt8.random(in: 19...25, using: &generator), 0xFE, 0xFD, 0]
            datagram += [UInt8.random(in: 0...1, using: &generator), 0, 0, 0, 0, 0]
            datagram += [UInt8.random(in: 0...20, using: &generator), 0, UInt8(count)] + body
        default:
            for _ in 0...Int.random(in: 0..<4, using: &generator) where !datagram.isEmpty {
                let offset = Int.random(in: 0..<datagram.count, using: &generator)
                datagram[offset] = UInt8.random(in: 0...255, using: &generator)
            }
        }
        return datagram
    }
}
