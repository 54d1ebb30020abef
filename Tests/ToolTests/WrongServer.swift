import CoAP
import Endpoint
import Foundation
import Synchronization
import Testing

/// A server over DTLS that answers as devices do not expect: on a port of its own, until it goes.
final class WrongServer: Sendable {
    enum Fault: CaseIterable, Sendable {
        /// None: what the fixture itself is tested with.
        case none
        case discoveryIsNoLinkFormat
        case noSize
        case otherETagLater
        case shortBlock
        case emptyPastTheEnd
        case everyProductExists
        case damagedImage
    }

    /// Not a multiple of the block size.
    private let image: [UInt8]
    private var sizeBytes: Int { image.count }
    private let fault: Fault
    private let isStopped = Atomic(false)
    private let descriptor: Int32
    let port: UInt16

    init(_ fault: Fault, image: [UInt8], identity: String, key: [UInt8]) throws {
        self.fault = fault
        var image = image
        if fault == .damagedImage { image[image.count / 2] ^= 1 }
        self.image = image
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = try withUnsafeMutablePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0)
            }
            return UInt16(bigEndian: $0.pointee.sin_port)
        }
        Thread.detachNewThread { [self] in serve(Array(identity.utf8), key) }
    }

    var url: String { "coaps://127.0.0.1:\(port)" }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    private func serve(_ identity: [UInt8], _ key: [UInt8]) {
        defer { close(descriptor) }
        guard let endpoint = try? ServerEndpoint(.secure(.init()) { $0 == identity ? key : nil }) else { return }
        let start = ContinuousClock.now
        while !isStopped.load(ordering: .relaxed) {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&waiting, 1, 20) == 1 { receive(endpoint, ContinuousClock.now - start) }
            endpoint.advance(now: ContinuousClock.now - start)
            send(endpoint)
        }
    }

    private func receive(_ endpoint: ServerEndpoint, _ now: Duration) {
        var buffer = [UInt8](repeating: 0, count: ServerEndpoint.maximumDatagramBytes)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor, &buffer, buffer.count, 0, $0, &length)
            }
        }
        guard count > 0 else { return }
        let peer = PeerAddress(
            ipv4: UInt32(bigEndian: address.sin_addr.s_addr),
            port: UInt16(bigEndian: address.sin_port)
        )
        var plaintext = [UInt8](repeating: 0, count: ServerEndpoint.maximumDatagramBytes)
        var span = plaintext.mutableSpan
        var message = span.mutableBytes
        let datagram = Array(buffer[..<count])
        var request = endpoint.receive(datagram.span.bytes, from: peer, now: now, message: &message)
        while let current = request {
            if let answer = try? answer(to: message.bytes.extracting(0..<current.byteCount)) {
                endpoint.answer(answer.span.bytes)
            }
            request = endpoint.nextRequest(now: now, message: &message)
        }
    }

    private func send(_ endpoint: ServerEndpoint) {
        endpoint.outgoing.withEach { peer, bytes in
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: peer.remote.low).bigEndian
            address.sin_port = peer.port.bigEndian
            bytes.withUnsafeBytes { bytes in
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(
                            descriptor,
                            bytes.baseAddress,
                            bytes.count,
                            0,
                            $0,
                            socklen_t(MemoryLayout<sockaddr_in>.size)
                        )
                    }
                }
            }
        }
        endpoint.outgoing.removeAll()
    }

    private func answer(to datagram: RawSpan) throws -> [UInt8] {
        let view = try MessageView(datagram)
        var path: [String] = []
        var segments = view.uriPath
        while let segment = segments.next() {
            path.append(segment.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        }
        let block = try RequestOptions(view).block2 ?? BlockOption(number: 0, szx: 6)
        let token = view.token.withBytes { $0.withUnsafeBytes { Array($0) } }
        func message(_ code: UInt8, _ options: [(number: Int, value: [UInt8])] = [], _ payload: [UInt8] = []) -> [UInt8]
        {
            var bytes = [0x60 | UInt8(token.count), code, UInt8(view.messageID >> 8), UInt8(view.messageID & 0xFF)]
            bytes += token
            var last = 0
            for (number, value) in options {
                let delta = number - last
                bytes.append(UInt8(min(delta, 13) << 4 | value.count))
                if delta >= 13 { bytes.append(UInt8(delta - 13)) }
                bytes += value
                last = number
            }
            return payload.isEmpty ? bytes : bytes + [0xFF] + payload
        }
        if path == [".well-known", "core"] {
            let format: UInt8 = fault == .discoveryIsNoLinkFormat ? 42 : 40
            return message(0x45, [(12, [format])], Array("</fw/7>;rt=\"fw\"".utf8))
        }
        guard path == ["fw", "7"] || fault == .everyProductExists else { return message(0x84) }
        let range = block.byteRange(totalBytes: sizeBytes)
        guard range != nil || fault == .emptyPastTheEnd else { return message(0x82) }
        let isLater = block.number > 0
        let more = range.map { $0.upperBound < sizeBytes } ?? false
        let value = block.number << 4 | (more ? 8 : 0) | UInt32(block.szx)
        var options: [(Int, [UInt8])] = [
            (4, [fault == .otherETagLater && isLater ? 2 : 1]), (23, [UInt8(value >> 8), UInt8(value & 0xFF)]),
        ]
        if !isLater, fault != .noSize {
            options.append((28, [UInt8(sizeBytes >> 8), UInt8(sizeBytes & 0xFF)]))
        }
        let count = (range?.count ?? 0) - (fault == .shortBlock && isLater ? 1 : 0)
        return message(0x45, options, range.map { Array(image[$0].prefix(max(0, count))) } ?? [])
    }
}
