import Endpoint
import Glibc
import Testing
import UDPSockets

/// Sockets on loopback: what one datagram cannot does not hold up another.
@Suite(.timeLimit(.minutes(15))) struct SendBatchTests {
    private static let loopback = IPAddress(ipv4: 0x7F00_0001)

    private struct Received: Equatable {
        var bytes: [UInt8]
        var peer: PeerAddress
    }

    /// All datagrams that arrive until none comes for a while.
    private static func receive(_ socket: UDPSocket, count: Int) throws -> [Received] {
        let batch = ReceiveBatch()
        var received: [Received] = []
        while received.count < count, socket.waitUntilReadable(.seconds(5)) {
            _ = try batch.receive(from: socket.descriptor) { datagram, peer in
                received.append(Received(bytes: datagram.withUnsafeBytes { Array($0) }, peer: peer))
            }
        }
        return received
    }

    private static func append(_ bytes: [UInt8], to peer: PeerAddress, _ batch: SendBatch) -> Bool {
        batch.append(bytes.span.bytes, to: peer)
    }

    /// Port 0 is what one spoofed datagram made the server answer to, once: EINVAL.
    @Test func badDestinationsAreCountedAndTheOthersServed() throws {
        let receiver = try UDPSocket(bindingTo: Self.loopback, port: 0)
        let sender = try UDPSocket(bindingTo: Self.loopback, port: 0)
        let good = PeerAddress(Self.loopback, port: receiver.port)
        let batch = SendBatch()
        let bad = [
            PeerAddress(Self.loopback, port: 0), PeerAddress(IPAddress(ipv4: 0xFFFF_FFFF), port: 9),
            PeerAddress(Self.loopback, port: receiver.port, local: IPAddress(ipv4: 0xC000_0201)),
        ]
        for number in 0..<12 {
            #expect(Self.append([UInt8(number)], to: bad[number % 3], batch))
            #expect(Self.append([UInt8(number), 1], to: good, batch))
        }
        #expect(Self.append([UInt8](repeating: 1, count: 66_000), to: good, batch))
        #expect(Self.append([99], to: good, batch))
        batch.send(through: sender.descriptor)
        #expect(batch.isEmpty)
        let received = try Self.receive(receiver, count: 13)
        let expected: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99]
        let firsts: [UInt8] = received.map { $0.bytes[0] }
        #expect(firsts == expected)
        #expect(batch.counters.sent == 13)
        let dropped: UInt64 = batch.counters.dropped.values.reduce(0, +)
        #expect(dropped == 13)
        #expect(batch.counters.dropped[EINVAL, default: 0] >= 4)
        #expect(batch.counters.dropped[EMSGSIZE] == 1)
    }

    /// Datagrams to one peer are one message for the kernel, and arrive as they were; so do they where it cannot cut
    /// them, as they are larger than what a link takes.
    @Test(arguments: [1100, 30_000])
    func equalDatagramsArriveAsTheyWere(size: Int) throws {
        let receiver = try UDPSocket(bindingTo: Self.loopback, port: 0, bufferBytes: 8 << 20)
        let sender = try UDPSocket(bindingTo: Self.loopback, port: 0)
        let good = PeerAddress(Self.loopback, port: receiver.port)
        let batch = SendBatch(datagrams: 8, bytes: 4 << 20)
        let datagrams: [[UInt8]] = (0..<70).map { (number: Int) -> [UInt8] in
            [UInt8](repeating: UInt8(number), count: number % 9 == 8 ? size / 2 : size)
        }
        for datagram in datagrams {
            if Self.append(datagram, to: good, batch) { continue }
            batch.send(through: sender.descriptor)
            #expect(Self.append(datagram, to: good, batch))
        }
        batch.send(through: sender.descriptor)
        let batchOfReceiver = ReceiveBatch(datagramBytes: 40_000)
        var received: [[UInt8]] = []
        while received.count < datagrams.count, receiver.waitUntilReadable(.seconds(5)) {
            _ = try batchOfReceiver.receive(from: receiver.descriptor) { datagram, _ in
                received.append(datagram.withUnsafeBytes { Array($0) })
            }
        }
        #expect(received == datagrams)
        #expect(batch.counters.sent == 70)
        #expect(batch.counters.dropped.isEmpty)
    }

    /// The local address of what arrived is where the answer leaves from (IP_PKTINFO).
    @Test func answersComeFromTheAddressThatWasAsked() throws {
        let server = try UDPSocket(bindingTo: .unspecified, port: 0, reportsLocalAddress: true)
        let client = try UDPSocket(bindingTo: Self.loopback, port: 0)
        let asked = IPAddress(ipv4: 0x7F01_0203)
        let batch = SendBatch()
        #expect(Self.append([1], to: PeerAddress(asked, port: server.port), batch))
        batch.send(through: client.descriptor)
        let question = try #require(try Self.receive(server, count: 1).first)
        #expect(question.peer == PeerAddress(Self.loopback, port: client.port, local: asked))
        #expect(Self.append([2], to: question.peer, batch))
        batch.send(through: server.descriptor)
        let answer = try #require(try Self.receive(client, count: 1).first)
        #expect(answer == Received(bytes: [2], peer: PeerAddress(asked, port: server.port)))
    }
}
