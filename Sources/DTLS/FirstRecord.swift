/// The header of a datagram's first record: enough to tell which of a peer's sessions it is for.
public struct FirstRecord: Equatable, Sendable {
    /// 20 change cipher spec, 21 alert, 22 handshake, 23 application data.
    public let contentType: UInt8
    /// 0 before the first key exchange.
    public let epoch: UInt16

    /// Nil if the datagram does not begin like a DTLS record.
    public init?(_ datagram: RawSpan) {
        guard datagram.byteCount >= RecordScan.headerBytes, datagram.byte(at: 1) == 0xFE else { return nil }
        contentType = datagram.byte(at: 0)
        epoch = datagram.bigEndianUInt16(at: 3)
    }

    /// Part of a handshake rather than of an established session.
    public var belongsToHandshake: Bool {
        epoch == 0 || contentType == RecordScan.handshakeType
    }
}
