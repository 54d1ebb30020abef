/// The fixed part of a ClientHello in the first record of a datagram (RFC 6347 § 4.2.1, § 4.2.2), whole or its first
/// fragment.
///
///      13     14       17      19       22       25        27       59
///     +------+--------+-------+--------+--------+---------+--------+-----+--------+--------+----
///     | 0x01 | length | seq   | offset | length | version | random | sid | cookie | suites | …
///     +------+--------+-------+--------+--------+---------+--------+-----+--------+--------+----
///
/// Everything that the server looks at before it makes any state is checked here. A first fragment has to reach beyond
/// the cookie: then it can be judged like the whole, and nothing is kept for a peer that has not shown its address.
struct ClientHello: Equatable {
    /// Low byte of the record's sequence number; the HelloVerifyRequest repeats it.
    let recordSequence: UInt8
    /// 32 bytes that tell one attempt of a client from the next.
    let random: ClientRandom
    /// Everything before the cookie: version, random, session id. The client must repeat it unchanged.
    let parameters: Range<Int>
    let hasCookie: Bool
    /// The handshake header and what is here of the message.
    let message: Range<Int>
    /// Bytes of the whole message without its header.
    let length: Int

    /// No client with a pre-shared key needs as much.
    static let maximumBytes = 2048
    private static let headerBytes = 12
    private static let bodyOffset = RecordScan.headerBytes + headerBytes
    private static let randomOffset = 27

    init?(_ datagram: RawSpan) {
        guard datagram.byteCount > Self.bodyOffset + 34,
            datagram.byte(at: 0) == RecordScan.handshakeType,
            datagram.byte(at: 1) == 0xFE,
            datagram.bigEndianUInt16(at: 3) == 0,
            datagram.byte(at: 13) == HandshakeFragment.clientHello
        else { return nil }
        let recordEnd = RecordScan.headerBytes + Int(datagram.bigEndianUInt16(at: 11))
        length = datagram.bigEndianUInt24(at: 14)
        let fragmentLength = datagram.bigEndianUInt24(at: 22)
        let end = Self.bodyOffset + fragmentLength
        guard datagram.bigEndianUInt24(at: 19) == 0, fragmentLength <= length, length <= Self.maximumBytes,
            recordEnd <= datagram.byteCount, end <= recordEnd
        else { return nil }

        var offset = Self.randomOffset + ClientRandom.byteCount
        guard offset < end else { return nil }
        let sessionIDBytes = Int(datagram.byte(at: offset))
        offset += 1 + sessionIDBytes
        guard sessionIDBytes <= 32, offset < end else { return nil }
        parameters = Self.bodyOffset..<offset
        let cookieBytes = Int(datagram.byte(at: offset))
        offset += 1 + cookieBytes
        guard offset + 2 <= end else { return nil }
        if fragmentLength == length {
            let suiteBytes = Int(datagram.bigEndianUInt16(at: offset))
            offset += 2 + suiteBytes
            guard suiteBytes >= 2, suiteBytes.isMultiple(of: 2), offset < end else { return nil }
        }

        hasCookie = cookieBytes > 0
        recordSequence = datagram.byte(at: 10)
        random = ClientRandom(datagram, at: Self.randomOffset)
        message = RecordScan.headerBytes..<end
    }
}

/// The 32 random bytes of a ClientHello.
public struct ClientRandom: Hashable, Sendable {
    static let byteCount = 32
    private let words: InlineArray<4, UInt64>

    init(_ bytes: RawSpan, at offset: Int) {
        words = InlineArray { index in
            bytes.unsafeLoadUnaligned(fromByteOffset: offset + index * 8, as: UInt64.self)
        }
    }

    /// All 32 bytes are equal.
    public static func == (left: ClientRandom, right: ClientRandom) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1]
            && left.words[2] == right.words[2] && left.words[3] == right.words[3]
    }

    /// Of all 32 bytes.
    public func hash(into hasher: inout Hasher) {
        for index in words.indices { hasher.combine(words[index]) }
    }
}
