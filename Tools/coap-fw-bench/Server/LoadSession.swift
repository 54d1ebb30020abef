import CoAP
import DTLS
import Endpoint

/// One client of a load: a DTLS session at a source address of its own.
final class LoadSession {
    static let key = Array(TestField.key.utf8)
    /// Large enough for any datagram here.
    private static let datagramBytes = 2048

    let index: Int
    let source: IPAddress
    let session: DTLSSession
    private var plaintext = [UInt8](repeating: 0, count: LoadSession.datagramBytes)
    private var messageID: UInt16 = 0

    /// - Parameters:
    ///   - index: which session it is; says where it comes from.
    ///   - identity: nil: one of its own.
    ///   - key: of the identity.
    ///   - outgoing: where what is to be sent goes.
    /// - Throws: `DTLSError`.
    init(
        index: Int,
        identity: String? = nil,
        key: [UInt8] = LoadSession.key,
        outgoing: DatagramBatch
    ) throws {
        self.index = index
        source = LoadAddress.source(of: index)
        var configuration = DTLSConfiguration(ciphers: [.aes128CCM8])
        configuration.initialRetransmit = .seconds(1)
        session = try DTLSSession(
            clientIdentity: Array((identity ?? LoadAddress.identity(of: index)).utf8),
            key: key,
            configuration: configuration,
            outgoing: outgoing
        )
    }

    /// Gives a datagram to the session.
    /// - Parameters:
    ///   - datagram: the UDP payload.
    ///   - message: is shown every message that it holds.
    func receive(_ datagram: RawSpan, _ message: (RawSpan) -> Void = { _ in }) {
        var span = plaintext.mutableSpan
        var buffer = span.mutableBytes
        var event = session.receive(datagram, plaintext: &buffer)
        while let current = event {
            if case .received(let count) = current { message(buffer.bytes.extracting(0..<count)) }
            event = session.nextEvent(plaintext: &buffer)
        }
    }

    /// Seals a confirmable GET for one block into the session's outgoing datagrams.
    /// - Throws: `DTLSError`, `MessageError`.
    func seal(_ path: [StaticString], block: BlockOption) throws {
        messageID &+= 1
        var bytes = [UInt8](repeating: 0, count: 64)
        var span = bytes.mutableSpan
        var writer = MessageWriter(into: span.mutableBytes)
        try writer.start(
            type: .confirmable,
            code: .get,
            messageID: messageID,
            token: Token(value: UInt64(messageID), length: 2) ?? .empty
        )
        for segment in path { try writer.option(.uriPath, string: segment) }
        try writer.option(.block2, block: block)
        let count = try writer.finish()
        try session.send(bytes.span.bytes.extracting(0..<count))
    }
}

/// Sessions and their source addresses in 127/8: neighbours are in different networks, as the devices of a fleet are.
enum LoadAddress {
    private static let networks = 40_000
    private static let first: UInt32 = 0x7F40_0000

    static func source(of index: Int) -> IPAddress {
        let network = UInt32(index % networks)
        let host = UInt32(index / networks) + 1
        return IPAddress(ipv4: first + network << 8 + host)
    }

    /// Nil: no session's address.
    static func index(of source: IPAddress) -> Int? {
        guard !source.isIPv6, source.low > UInt64(first) else { return nil }
        let offset = Int(source.low) - Int(first)
        let host = offset & 0xFF
        return host > 0 && offset >> 8 < networks ? (host - 1) * networks + offset >> 8 : nil
    }

    static func identity(of index: Int) -> String { "device-\(index)" }
}
