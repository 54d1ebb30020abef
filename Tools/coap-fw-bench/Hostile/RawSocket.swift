import Endpoint
import Glibc
import UDPSockets

/// Sends UDP datagrams from whatever address and port it likes: a raw socket, for root only.
final class RawSocket {
    private let descriptor: Int32
    // A raw socket has nothing cut.
    private let sending = SendBatch(datagrams: 64, bytes: 256 << 10, joins: false)

    /// - Throws: ``BenchError`` without the right to it.
    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
        guard descriptor >= 0 else { throw BenchError("a raw socket: \(SocketError(errno)); run it as root") }
    }

    deinit { close(descriptor) }

    var counters: SendCounters { sending.counters }

    /// Queues a datagram; `flush` sends the last of them.
    func send(_ payload: [UInt8], from source: IPAddress, port: UInt16, to target: IPAddress, port targetPort: UInt16) {
        let packet = Self.packet(payload, from: source, port: port, to: target, port: targetPort)
        let peer = PeerAddress(target, port: 0)
        if sending.append(packet.span.bytes, to: peer) { return }
        flush()
        _ = sending.append(packet.span.bytes, to: peer)
    }

    func flush() {
        if !sending.isEmpty { sending.send(through: descriptor) }
    }

    /// RFC 791 and RFC 768. The kernel fills in the lengths and the checksum of the first; the second needs none.
    private static func packet(
        _ payload: [UInt8],
        from source: IPAddress,
        port: UInt16,
        to target: IPAddress,
        port targetPort: UInt16
    ) -> [UInt8] {
        var packet: [UInt8] = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0]
        for address in [source, target] {
            for shift in [24, 16, 8, 0] { packet.append(UInt8(truncatingIfNeeded: address.low >> UInt64(shift))) }
        }
        for word in [port, targetPort, UInt16(8 + payload.count), 0] {
            packet += [UInt8(word >> 8), UInt8(truncatingIfNeeded: word)]
        }
        return packet + payload
    }
}
