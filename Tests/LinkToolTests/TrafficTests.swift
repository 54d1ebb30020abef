import Foundation
import Testing

/// Datagrams through coap-fw-link.
@Suite(.timeLimit(.minutes(15))) struct TrafficTests {
    @Test func carriesBothWaysAndTellsClientsApart() throws {
        let fixture = try LinkFixture()
        let other = try UDPSocket()
        fixture.client.send([1], to: fixture.port)
        let first = try #require(fixture.server.receive())
        other.send([2], to: fixture.port)
        let second = try #require(fixture.server.receive())
        #expect(first.bytes == [1] && second.bytes == [2])
        #expect(first.port != second.port)
        // Answers in the other order: each client gets its own.
        fixture.server.send([22], to: second.port)
        fixture.server.send([11], to: first.port)
        #expect(other.receive()?.bytes == [22])
        let answer = try #require(fixture.client.receive())
        #expect(answer.bytes == [11] && answer.port == fixture.port)
        // The same client keeps its port.
        fixture.client.send([3], to: fixture.port)
        #expect(fixture.server.receive()?.port == first.port)
        let report = try fixture.finish()
        #expect(report.clients.seen == 2)
        #expect(report.toServer.datagrams == 3 && report.toServer.delivered == 3)
        #expect(report.toClient.datagrams == 2 && report.toClient.delivered == 2)
    }

    @Test(arguments: [0, 1, 1472, 65_507])
    func carriesEverySizeUnchanged(byteCount: Int) throws {
        let fixture = try LinkFixture()
        let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        fixture.client.send(bytes, to: fixture.port)
        let received = try #require(fixture.server.receive())
        #expect(received.bytes == bytes)
        fixture.server.send(bytes, to: received.port)
        #expect(fixture.client.receive()?.bytes == bytes)
    }

    /// Sends numbered datagrams one after the other, each with a last one that is waited for; tells which arrived.
    private func fates(_ options: [String], count: UInt8) throws -> (arrived: [[UInt8]], LinkReport) {
        let fixture = try LinkFixture(options)
        for number in 0..<count { fixture.client.send([number, 0, 0, 0, 0, 0, 0, 0], to: fixture.port) }
        var arrived: [[UInt8]] = []
        while let datagram = fixture.server.receive(within: 1) { arrived.append(datagram.bytes) }
        return (arrived, try fixture.finish())
    }

    @Test func theSameSeedAndDatagramsHaveTheSameFate() throws {
        let options = ["--loss", "0.3", "--duplicate", "0.1", "--corrupt", "0.2", "--seed", "7"]
        let (first, report) = try fates(options, count: 200)
        let (second, again) = try fates(options, count: 200)
        #expect(first == second)
        #expect(report.toServer == again.toServer)
        #expect(report.toServer.lost.link > 30 && report.toServer.lost.link < 90)
        #expect(report.toServer.duplicated > 0 && report.toServer.corrupted > 0)
        #expect(first.count == report.toServer.delivered)
        let (third, _) = try fates(options.dropLast() + ["8"], count: 200)
        #expect(third != first)
    }

    @Test func losesEverythingAtOne() throws {
        let (arrived, report) = try fates(["--loss", "1"], count: 50)
        #expect(arrived.isEmpty)
        #expect(report.toServer.lost.link == 50)
    }

    @Test func dropsWhatDoesNotFitTheQueueOrTheMTU() throws {
        // 36 bytes each on the link, 2.88 s at 100 bit/s: the first goes, two wait, the others find the queue full.
        let (_, queue) = try fates(["--rate", "100", "--queue", "108"], count: 20)
        #expect(queue.toServer.lost.queue == 17)
        #expect(queue.toServer.queueMaximumBytes == 108)
        let (arrived, mtu) = try fates(["--mtu", "35"], count: 20)
        #expect(arrived.isEmpty)
        #expect(mtu.toServer.lost.mtu == 20)
    }

    @Test func aSlowLinkTakesItsTime() throws {
        // 10 datagrams of 1000 bytes with headers at 80 kbit/s: one second, and 200 ms of delay.
        let fixture = try LinkFixture(["--rate", "80000", "--delay", "200ms"])
        let start = ContinuousClock.now
        for _ in 0..<10 { fixture.client.send([UInt8](repeating: 7, count: 972), to: fixture.port) }
        for _ in 0..<10 { #expect(fixture.server.receive() != nil) }
        // Never early; how late depends on the machine.
        #expect(ContinuousClock.now - start >= .milliseconds(1200))
        #expect(try fixture.finish().toServer.busyMs == 1000)
    }

    @Test func theServerSeesNewPortsAndTheClientNotices() throws {
        let fixture = try LinkFixture(["--rebind-every", "50ms"])
        var ports: Set<Int> = []
        for number in 0..<250 where ports.count < 3 {
            fixture.client.send([UInt8(number)], to: fixture.port)
            guard let datagram = fixture.server.receive() else { continue }
            ports.insert(datagram.port)
            // The answer may find the port given up, so that it is not waited for long; nothing else comes then.
            fixture.server.send(datagram.bytes, to: datagram.port)
            _ = fixture.client.receive(within: 0.02)
            #expect(fixture.client.receive(within: 0.02) == nil)
        }
        #expect(ports.count == 3)
        let report = try fixture.finish()
        #expect(report.clients.rebinds >= 2)
        #expect(report.clients.seen == 1)
    }

    @Test func strangersDoNotReachTheClient() throws {
        let fixture = try LinkFixture()
        fixture.client.send([1], to: fixture.port)
        let upstream = try #require(fixture.server.receive()).port
        let stranger = try UDPSocket()
        stranger.send([9], to: upstream)
        fixture.server.send([2], to: upstream)
        #expect(fixture.client.receive()?.bytes == [2])
        #expect(try fixture.finish().clients.strays == 1)
    }

    @Test func aServerThatIsNotThereYetIsNoReasonToStop() throws {
        let fixture = try LinkFixture()
        let absent = try UDPSocket.freePort()
        let shim = try RunningProgram(
            Programs.own("coap-fw-link"),
            ["--listen", "127.0.0.1:0", "--to", "127.0.0.1:\(absent)"]
        )
        let port = try shim.listeningPort()
        for _ in 0..<20 { fixture.client.send([1], to: port) }
        shim.send(signal: SIGTERM)
        #expect(try shim.result(within: 60).succeeded)
    }

    @Test func moreClientsThanThereIsRoomForAreRefusedAndTheOthersServed() throws {
        // 64 of the descriptors are for anything but clients.
        let fixture = try LinkFixture(descriptors: 64 + 20)
        var clients: [UDPSocket] = []
        for number in 0..<28 {
            let client = try UDPSocket()
            client.send([UInt8(number)], to: fixture.port)
            if number < 20 { #expect(fixture.server.receive() != nil) }
            clients.append(client)
        }
        clients[0].send([0xAA], to: fixture.port)
        #expect(fixture.server.receive()?.bytes == [0xAA])
        let report = try fixture.finish()
        #expect(report.clients.seen == 20)
        #expect(report.clients.refused == 8)
    }

    @Test func changesHoldForTheirDirection() throws {
        let fixture = try LinkFixture(["--change", "up:mtu=128", "--change", "0s:down:loss=1"])
        fixture.client.send([UInt8](repeating: 1, count: 101), to: fixture.port)
        fixture.client.send([UInt8](repeating: 2, count: 100), to: fixture.port)
        let first = try #require(fixture.server.receive())
        #expect(first.bytes.first == 2)
        fixture.server.send([3], to: first.port)
        fixture.client.send([4], to: fixture.port)
        #expect(fixture.server.receive()?.bytes == [4])
        let report = try fixture.finish()
        #expect(report.toServer.lost.mtu == 1)
        #expect(report.toClient.lost.link == 1 && report.toClient.delivered == 0)
    }

    @Test("More than 512 clients at a time", .timeLimit(.minutes(15)))
    func manyClients() throws {
        let fixture = try LinkFixture()
        var ports: Set<Int> = []
        // Kept, as the system gives the port of a closed one to the next.
        var clients: [UDPSocket] = []
        for index in 0..<600 {
            let client = try UDPSocket()
            clients.append(client)
            client.send([UInt8(index & 0xFF)], to: fixture.port)
            let arrived = try #require(fixture.server.receive(), "client \(index)")
            ports.insert(arrived.port)
        }
        #expect(ports.count == 600)
        let report = try fixture.finish()
        #expect(report.clients.seen == 600 && report.clients.refused == 0)
    }
}
