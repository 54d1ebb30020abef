import DTLS
import FirmwareServer
import Glibc
import HostSupport
import Logging
import NIOCore
import TestSupport
import Testing

/// A folder with one release and one identity, gone with the value.
final class ServedFolder {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    init() throws {
        folder = try TemporaryFolder()
        try write("psk", "dev-1:000102030405060708090a0b0c0d0e0f\n")
        try release(7, "1.0.0", bytes: 3000)
    }

    var configuration: FirmwareService.Configuration {
        FirmwareService.Configuration(
            images: path + "/Images",
            psk: path + "/psk",
            listen: [HostPort(host: "127.0.0.1", port: 0)]
        )
    }

    func write(_ name: String, _ text: String, mode: Int = 0o600) throws {
        _ = try folder.write(text, to: name, mode: mode)
    }

    func release(_ product: UInt16, _ version: String, bytes count: Int = 300) throws {
        try folder.release(product, version, bytes: count, under: "Images/")
    }
}

/// A UDP socket that talks to one port on loopback. Receiving waits for at most ten seconds.
final class UDPSocket {
    let descriptor: Int32

    /// - Throws: if an address is none, or cannot be had here.
    init(to address: String = "127.0.0.1", port: Int, from local: String? = nil) throws {
        let remote = try SocketAddress(ipAddress: address, port: port)
        let descriptor = socket(address.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        try #require(descriptor >= 0)
        if let local {
            let address = try SocketAddress(ipAddress: local, port: 0)
            try #require(address.withSockAddr { bind(descriptor, $0, socklen_t($1)) } == 0)
        }
        try #require(remote.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) } == 0)
    }

    deinit { close(descriptor) }

    func send(_ datagram: [UInt8]) {
        _ = Glibc.send(descriptor, datagram, datagram.count, 0)
    }

    /// The next datagram; nil if none comes within `milliseconds`.
    func receive(milliseconds: Int32 = 10_000) -> [UInt8]? {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 2048)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count >= 0 ? Array(buffer[..<count]) : nil
    }
}

/// A device behind a real socket.
final class SocketDevice {
    private let socket: UDPSocket
    private let session: DTLSSession

    convenience init(port: Int) throws {
        try self.init(UDPSocket(port: port))
    }

    init(_ socket: UDPSocket) throws {
        self.socket = socket
        session = try DTLSSession(clientIdentity: Array("dev-1".utf8), key: [UInt8](0..<16))
    }

    /// Runs the handshake to its end.
    func connect() -> DTLSEvent? {
        var event = session.start()
        while event == nil {
            flush()
            let wait = session.timeUntilTimer ?? .seconds(1)
            let milliseconds = wait.components.seconds * 1000 + wait.components.attoseconds / 1_000_000_000_000_000
            if let datagram = socket.receive(milliseconds: Int32(clamping: milliseconds)) {
                event = feed(datagram).event
            } else {
                event = session.timerFired()
            }
        }
        flush()
        return event
    }

    /// The answer's bytes as text.
    func request(_ request: TestRequest) throws -> String {
        let bytes = request.bytes
        try session.send(bytes.span.bytes)
        flush()
        while let datagram = socket.receive() {
            let (event, message) = feed(datagram)
            if case .received = event { return String(decoding: message, as: UTF8.self) }
        }
        return ""
    }

    /// Whether one request has its answer in time.
    func isAnswered(_ request: TestRequest, milliseconds: Int32) throws -> Bool {
        try answers(to: request, count: 1, milliseconds: milliseconds) == 1
    }

    /// Sends a request so often at once; how many answers come until none does for so long.
    func answers(to request: TestRequest, count: Int, milliseconds: Int32) throws -> Int {
        let bytes = request.bytes
        for _ in 0..<count { try session.send(bytes.span.bytes) }
        flush()
        var answers = 0
        while answers < count, let datagram = socket.receive(milliseconds: milliseconds) {
            if case .received = feed(datagram).event { answers += 1 }
        }
        return answers
    }

    /// Asks again until the answer is as wanted; false after many times.
    func requestUntil(_ request: TestRequest, _ isWanted: (String) -> Bool) throws -> Bool {
        for _ in 0..<2000 {
            if isWanted(try self.request(request)) { return true }
            // Gives the server's thread that looks at files its turn.
            poll(nil, 0, 5)
        }
        return false
    }

    /// True if the server closes the session.
    func waitForClose() -> Bool {
        while let datagram = socket.receive() {
            if feed(datagram).event == .closed { return true }
        }
        return false
    }

    private func feed(_ datagram: [UInt8]) -> (event: DTLSEvent?, message: [UInt8]) {
        var buffer = [UInt8](repeating: 0, count: 2048)
        var span = buffer.mutableSpan
        var plaintext = span.mutableBytes
        let event = session.receive(datagram.span.bytes, plaintext: &plaintext)
        guard case .received(let count) = event else { return (event, []) }
        return (event, plaintext.bytes.extracting(0..<count).withUnsafeBytes { Array($0) })
    }

    private func flush() {
        for datagram in session.outgoing.takeAll() { socket.send(datagram) }
    }
}

/// Requests as bytes, so that these tests do not depend on the codec that they go through.
struct TestRequest: Sendable {
    let bytes: [UInt8]

    /// NON GET /fw with a token.
    static let coreLinks = TestRequest(bytes: [0x51, 0x01, 0x12, 0x34, 0xAA, 0xB2, 0x66, 0x77])

    /// NON GET /fw/7 with a token, block 0 of 1024 bytes.
    static let firstBlock = firstBlock(of: 7)

    /// The same of a product.
    static func firstBlock(of product: Int) -> TestRequest {
        let digits = Array("\(product)".utf8)
        let path: [UInt8] = [0xB2, 0x66, 0x77, UInt8(digits.count)] + digits
        return TestRequest(bytes: [0x51, 0x01, 0x12, UInt8(0x2E + product), 0xAA] + path + [0xC1, 6])
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
