import FirmwareServer
import HostSupport
import NIOCore
import Testing

@Suite struct EndpointTableTests {
    /// The table against an array in order of use.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func recencyTableAgreesWithAnArray(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var table = RecencyTable<Int, Int>()
        var model: [(key: Int, value: Int)] = []
        for step in 0..<3000 {
            let key = Int.random(in: 0..<30, using: &generator)
            let found = model.firstIndex { $0.key == key }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                table.insert(step, for: key)
                if let found { model.remove(at: found) }
                model.append((key, step))
            case 2:
                if let slot = table.slot(of: key) { table.touch(slot) }
                if let found { model.append(model.remove(at: found)) }
            default:
                let removed = table.remove(key)
                #expect(removed == found.map { model[$0].value })
                if let found { model.remove(at: found) }
            }
            #expect(table.count == model.count)
            #expect(table.oldest.flatMap { table.key(at: $0) } == model.first?.key, "seed \(seed) step \(step)")
            #expect(table.oldest.flatMap { table[$0] } == model.first?.value)
        }
        while let oldest = table.oldest, let key = table.key(at: oldest) {
            #expect(key == model.removeFirst().key)
            table.remove(key)
        }
        #expect(model.isEmpty && table.isEmpty)
    }

    @Test func deadlinesComeInOrder() {
        var generator = SplitMix(seed: 7)
        var queue = DeadlineQueue<Int>()
        var dues: [Duration] = []
        for key in 0..<500 {
            let due = Duration.milliseconds(Int.random(in: 0..<1000, using: &generator))
            dues.append(due)
            #expect(queue.add(key, due: due) == UInt64(key + 1))
        }
        queue.removeAll { $0.key % 3 == 0 }
        var expected = dues.enumerated().filter { $0.offset % 3 != 0 }.map(\.element).sorted()[...]
        while let entry = queue.first {
            #expect(entry.due == expected.popFirst())
            queue.removeFirst()
        }
        #expect(expected.isEmpty)
        queue.removeFirst()
        #expect(queue.count == 0)
    }

    @Test(arguments: ["127.0.0.1", "10.1.2.3", "::1", "2001:db8::7", "fe80::1"])
    func peerAddressesSurviveTheRoundTrip(text: String) throws {
        let address = try SocketAddress(ipAddress: text, port: 5684)
        let peer = try #require(PeerAddress(address))
        #expect(PeerAddress(peer.socketAddress) == peer)
        #expect(peer.socketAddress.port == 5684)
        #expect(peer.description == (text.contains(":") ? "[\(text)]:5684" : "\(text):5684"))
        #expect(peer != PeerAddress(try SocketAddress(ipAddress: text, port: 5685)))
    }

    @Test(
        arguments: [
            ("127.0.0.1:5700", "127.0.0.1:5700"), ("127.0.0.1", "127.0.0.1:5684"), ("[::1]:1", "[::1]:1"),
            ("[::1]", "[::1]:5684"), ("::1", "[::1]:5684"), ("localhost:0", "localhost:0"),
            ("", nil), (":5684", nil), ("host:", nil), ("host:65536", nil), ("host:-1", nil), ("[::1", nil),
            ("[::1]x", nil), ("host:1a", nil),
        ] as [(String, String?)]
    )
    func listenAddresses(text: String, expected: String?) {
        #expect(HostPort(text, defaultPort: 5684)?.description == expected)
    }
}
