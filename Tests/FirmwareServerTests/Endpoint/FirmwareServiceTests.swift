import DTLS
import FirmwareServer
import Glibc
import HostSupport
import Logging
import SeededRandom
import TestSupport
import Testing

/// The whole server on loopback sockets.
@Suite(.timeLimit(.minutes(15))) struct FirmwareServiceTests {
    @Test(arguments: [1, 2])
    func servesReloadsRevokesAndStops(threads: Int) throws {
        let folder = try ServedFolder()
        var configuration = folder.configuration
        configuration.threads = threads
        let service = try FirmwareService(configuration, logger: .silent)
        #expect(service.addresses[0].port != 0)

        let device = try SocketDevice(port: service.addresses[0].port)
        #expect(device.connect() == .established)
        let document = try device.request(.coreLinks)
        #expect(document.contains("</fw/7>"))

        // A new release is there after a reload, without a restart.
        try folder.release(7, "2.0.0")
        service.reload()
        #expect(try device.requestUntil(.coreLinks) { $0.contains("2.0.0") })

        // A revoked identity loses its session.
        try folder.write("psk", "dev-2:00\n")
        service.reload()
        #expect(device.waitForClose())
        let again = try SocketDevice(port: service.addresses[0].port)
        #expect(again.connect() == .failed(.authenticationFailed))

        service.stop()
        #expect(service.statistics.total.handshakesCompleted == 1)
        #expect(service.statistics.total.authenticationFailures == 1)
    }

    /// Without SIGHUP: the server looks for changes every second.
    @Test func changesAreNoticedWithinSeconds() throws {
        let folder = try ServedFolder()
        let service = try FirmwareService(folder.configuration, logger: .silent)
        defer { service.stop() }
        let device = try SocketDevice(port: service.addresses[0].port)
        #expect(device.connect() == .established)
        try folder.release(7, "2.0.0")
        let began = ContinuousClock.now
        #expect(try device.requestUntil(.coreLinks) { $0.contains("2.0.0") })
        #expect(ContinuousClock.now - began < .seconds(6))
        // A key that is replaced: its owner's session ends.
        try folder.write("psk", "dev-1:00112233445566778899aabbccddeeff\n")
        #expect(device.waitForClose())
        #expect(ContinuousClock.now - began < .seconds(12))
    }

    /// Bytes that have to be fetched first, here from files that are closed because one may be open: each request is
    /// sent once and has its answer as soon as they are there.
    @Test func whatHasToBeFetchedIsAnsweredWithoutARepetition() throws {
        let folder = try ServedFolder()
        for product in UInt16(8)..<12 { try folder.release(product, "1.0.0", bytes: 3000) }
        var configuration = folder.configuration
        configuration.catalogLimits = CatalogLimits(memoryBytes: 1, openFiles: 1)
        configuration.listenPlain = [HostPort(host: "127.0.0.1", port: 0)]
        let service = try FirmwareService(configuration, logger: .silent)
        defer { service.stop() }
        let device = try SocketDevice(port: service.addresses[0].port)
        #expect(device.connect() == .established)
        for product in 7..<12 {
            #expect(try device.isAnswered(.firstBlock(of: product), milliseconds: 5000), "product \(product)")
        }
        // Over plain CoAP, where the first answer waits for two pings as well.
        let plain = try UDPSocket(port: service.plainAddresses[0].port)
        for product in 7..<12 {
            plain.send(TestRequest.firstBlock(of: product).bytes)
            var answer = try #require(plain.receive(milliseconds: 5000), "product \(product)")
            while answer.count == 4 {
                plain.send([0x70, 0, answer[2], answer[3]])
                answer = try #require(plain.receive(milliseconds: 5000), "product \(product)")
            }
            #expect(answer.starts(with: [0x51, 0x45]), "product \(product)")
        }
    }

    @Test(arguments: [1, 2])
    func aPortInUseIsNamed(threads: Int) throws {
        let folder = try ServedFolder()
        let first = try FirmwareService(folder.configuration, logger: .silent)
        defer { first.stop() }
        var second = folder.configuration
        second.listen = first.addresses
        second.threads = threads
        let error = #expect(throws: FirmwareServiceError.self) {
            _ = try FirmwareService(second, logger: .silent)
        }
        #expect(error == .addressInUse(first.addresses[0]))
        #expect(error?.description.contains("127.0.0.1:\(first.addresses[0].port) is in use") == true)
    }

    /// `--listen A --listen B` listens on both, and port 0 gives each its own; an endpoint on each has a loop of its
    /// own.
    @Test(arguments: [1, 2])
    func severalAddressesAreServed(threads: Int) throws {
        let folder = try ServedFolder()
        var configuration = folder.configuration
        configuration.threads = threads
        configuration.listen = ["127.0.0.1", "127.0.0.2", "0.0.0.0"].map { HostPort(host: $0, port: 0) }
        let service = try FirmwareService(configuration, logger: .silent)
        defer { service.stop() }
        #expect(Set(service.addresses.map(\.port)).count == 3)
        for address in [service.addresses[0], service.addresses[2]] {
            let device = try SocketDevice(port: address.port)
            #expect(device.connect() == .established)
            #expect(try device.request(.coreLinks).contains("</fw/7>"))
        }
    }

    @Test func whatCannotBeServedIsNamed() throws {
        let folder = try ServedFolder()
        try folder.write("open", "dev-1:00\n", mode: 0o644)
        let rows: [(inout FirmwareService.Configuration) -> Void] = [
            { $0.psk = folder.path + "/open" }, { $0.psk = folder.path + "/missing" },
            { $0.images = folder.path + "/missing" }, { $0.listen = [HostPort(host: "192.0.2.1", port: 1)] },
        ]
        let said = ["chmod 600 \(folder.path)/open", "\(folder.path)/missing", "\(folder.path)/missing", "192.0.2.1:1"]
        for (change, expected) in zip(rows, said) {
            var configuration = folder.configuration
            change(&configuration)
            let error = #expect(throws: FirmwareServiceError.self) {
                _ = try FirmwareService(configuration, logger: .silent)
            }
            #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
        }
    }

    @Test func plainCoAPIsServedOnlyIfAskedFor() throws {
        let folder = try ServedFolder()
        let without = try FirmwareService(folder.configuration, logger: .silent)
        #expect(without.plainAddresses.isEmpty)
        without.stop()

        var configuration = folder.configuration
        configuration.listenPlain = [HostPort(host: "127.0.0.1", port: 0)]
        let service = try FirmwareService(configuration, logger: .silent)
        defer { service.stop() }
        let socket = try UDPSocket(port: try #require(service.plainAddresses.first?.port))
        socket.send(TestRequest.coreLinks.bytes)
        // RFC 7252 § 4.3: empty CON messages, which show that the request's sender is where it says, are reset.
        for _ in 0..<2 {
            let ping = try #require(socket.receive())
            #expect(ping.count == 4 && ping[0] == 0x40)
            socket.send([0x70, 0] + ping.suffix(2))
        }
        let answer = try #require(socket.receive())
        #expect(String(decoding: answer, as: UTF8.self).contains("</fw/7>"))
    }

    /// Random datagrams at a real socket: the server answers an honest peer afterwards.
    @Test func randomDatagramsDoNoHarm() throws {
        let folder = try ServedFolder()
        let service = try FirmwareService(folder.configuration, logger: .silent)
        defer { service.stop() }
        let socket = try UDPSocket(port: service.addresses[0].port)
        var generator = SplitMix64(seed: 99)
        for _ in 0..<1500 {
            var datagram = (0..<Int.random(in: 0...1500, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            if datagram.count > 2, Bool.random(using: &generator) {
                datagram[0] = UInt8.random(in: 20...23, using: &generator)
                datagram[1] = 0xFE
            }
            socket.send(datagram)
        }
        let device = try SocketDevice(port: service.addresses[0].port)
        #expect(device.connect() == .established)
        #expect(try device.request(.coreLinks).contains("</fw/7>"))
    }
}
