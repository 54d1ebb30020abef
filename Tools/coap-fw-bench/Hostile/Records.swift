/// DTLS 1.2 records as an attacker makes them, without any library (RFC 6347 § 4.1, § 4.2.2).
enum Records {
    static func record(_ type: UInt8, epoch: UInt16 = 0, sequence: UInt32 = 0, _ body: [UInt8]) -> [UInt8] {
        var record: [UInt8] = [type, 0xFE, 0xFD, UInt8(epoch >> 8), UInt8(truncatingIfNeeded: epoch), 0, 0]
        record += bytes(sequence, 4)
        return record + bytes(UInt32(body.count), 2) + body
    }

    /// A handshake message, or a piece of one that claims to be `length` bytes long.
    static func handshake(
        _ type: UInt8,
        sequence: UInt16,
        length: Int? = nil,
        at offset: Int = 0,
        _ body: [UInt8]
    ) -> [UInt8] {
        var message: [UInt8] = [type] + bytes(UInt32(length ?? body.count), 3)
        message += bytes(UInt32(sequence), 2) + bytes(UInt32(offset), 3) + bytes(UInt32(body.count), 3)
        return message + body
    }

    /// A ClientHello with PSK-AES128-CCM-8.
    static func hello(random: [UInt8], cookie: [UInt8] = [], sequence: UInt16 = 0) -> [UInt8] {
        var body: [UInt8] = [0xFE, 0xFD] + random + [0, UInt8(cookie.count)]
        body += cookie + [0, 2, 0xC0, 0xA8, 1, 0]
        return record(22, sequence: UInt32(sequence), handshake(1, sequence: sequence, body))
    }

    /// The cookie in a HelloVerifyRequest; nil if the datagram is none.
    static func cookie(in datagram: RawSpan) -> [UInt8]? {
        guard datagram.byteCount > 28, byte(datagram, 0) == 22, byte(datagram, 13) == 3 else { return nil }
        let count = Int(byte(datagram, 27))
        guard datagram.byteCount >= 28 + count else { return nil }
        return (28..<28 + count).map { byte(datagram, $0) }
    }

    /// The type of the handshake message that a plain record begins with.
    static func handshakeType(of datagram: RawSpan) -> UInt8? {
        datagram.byteCount > 13 && byte(datagram, 0) == 22 ? byte(datagram, 13) : nil
    }

    private static func byte(_ datagram: RawSpan, _ offset: Int) -> UInt8 {
        datagram.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    private static func bytes(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * (count - 1 - $0))) }
    }
}
