import Foundation

/// A relay in front of a server that remembers every datagram, for one client. No rights to capture are needed.
final class DatagramTap: @unchecked Sendable {
    private let client: UDPSocket
    private let server: UDPSocket
    private let serverPort: Int
    private let lock = NSLock()
    // Guarded by `lock`.
    private var isStopped = false
    private var clientPort = 0
    private var captured: [(toServer: Bool, bytes: [UInt8])] = []

    init(to serverPort: Int) throws {
        client = try UDPSocket()
        server = try UDPSocket()
        self.serverPort = serverPort
        Thread.detachNewThread { [self] in
            while let datagram = next(client) {
                lock.withLock {
                    clientPort = datagram.port
                    captured.append((true, datagram.bytes))
                }
                server.send(datagram.bytes, to: serverPort)
            }
        }
        Thread.detachNewThread { [self] in
            while let datagram = next(server) {
                let port = lock.withLock {
                    captured.append((false, datagram.bytes))
                    return clientPort
                }
                client.send(datagram.bytes, to: port)
            }
        }
    }

    /// Where the client sends to.
    var port: Int { client.port }

    /// Ends the relay and gives what went through it, as a capture file of raw IPv4 packets (LINKTYPE_RAW).
    func stop() -> Capture {
        lock.withLock {
            isStopped = true
            return Capture(datagrams: captured)
        }
    }

    private func next(_ socket: UDPSocket) -> (bytes: [UInt8], port: Int)? {
        while !lock.withLock({ isStopped }) {
            if let datagram = socket.receive(within: 0.2) { return datagram }
        }
        return nil
    }
}

/// Datagrams between a client's port 40000 and a server's port 40001.
struct Capture {
    static let serverPort = 40_001

    var datagrams: [(toServer: Bool, bytes: [UInt8])]

    /// In libpcap's file format.
    var file: Data {
        var data = Data()
        for word: UInt32 in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, 101] { data.append(littleEndian: word) }
        for (index, datagram) in datagrams.enumerated() {
            let packet = Self.packet(datagram.bytes, toServer: datagram.toServer)
            for word in [UInt32(index / 1000), UInt32(index % 1000 * 1000), UInt32(packet.count), UInt32(packet.count)]
            {
                data.append(littleEndian: word)
            }
            data.append(contentsOf: packet)
        }
        return data
    }

    private static func packet(_ bytes: [UInt8], toServer: Bool) -> [UInt8] {
        func word(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)] }
        let ports = toServer ? [serverPort - 1, serverPort] : [serverPort, serverPort - 1]
        let addresses: [UInt8] = toServer ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1]
        // Checksums of 0: none for UDP, and tshark does not check IPv4's.
        let header = [0x45, 0] + word(bytes.count + 28) + [0, 0, 0x40, 0, 64, 17, 0, 0] + addresses
        return header + word(ports[0]) + word(ports[1]) + word(bytes.count + 8) + [0, 0] + bytes
    }
}

extension Data {
    fileprivate mutating func append(littleEndian word: UInt32) {
        append(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) })
    }
}
