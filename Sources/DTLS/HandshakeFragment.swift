/// The header of a handshake message or of a fragment of one (RFC 6347 § 4.2.2), in a record that is not encrypted.
///
///      0      1        4      6        9        12
///     +------+--------+------+--------+--------+----
///     | type | length | seq  | offset | length | bytes …
///     +------+--------+------+--------+--------+----
struct HandshakeFragment: Equatable {
    static let headerBytes = 12
    static let clientHello: UInt8 = 1
    static let serverHello: UInt8 = 2
    static let serverHelloDone: UInt8 = 14
    static let clientKeyExchange: UInt8 = 16

    let type: UInt8
    /// Bytes of the whole message.
    let length: Int
    let messageSequence: UInt16
    /// Where in the message this is.
    let offset: Int
    /// Where in `bytes` it is.
    let range: Range<Int>

    /// - Parameter bytes: a record's contents from the header on.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= Self.headerBytes else { return nil }
        type = bytes.byte(at: 0)
        length = bytes.bigEndianUInt24(at: 1)
        messageSequence = bytes.bigEndianUInt16(at: 4)
        offset = bytes.bigEndianUInt24(at: 6)
        let count = bytes.bigEndianUInt24(at: 9)
        guard offset + count <= length, Self.headerBytes + count <= bytes.byteCount else { return nil }
        range = Self.headerBytes..<Self.headerBytes + count
    }
}

/// A handshake message that comes in fragments, in their order: what does not continue what is here is left to the
/// client's next sending, so that there is one copy of each byte and nothing to keep account of.
struct MessageAssembly {
    let type: UInt8
    let messageSequence: UInt16
    let length: Int
    private(set) var body: [UInt8] = []

    /// Begins with the first fragment.
    init(_ fragment: HandshakeFragment) {
        type = fragment.type
        messageSequence = fragment.messageSequence
        length = fragment.length
    }

    var isWhole: Bool { body.count == length }

    /// - Parameters:
    ///   - fragment: what is next.
    ///   - bytes: what it was read from.
    mutating func add(_ fragment: HandshakeFragment, of bytes: RawSpan) {
        guard fragment.type == type, fragment.messageSequence == messageSequence, fragment.length == length,
            fragment.offset <= body.count, fragment.offset + fragment.range.count > body.count
        else { return }
        let rest = fragment.range.dropFirst(body.count - fragment.offset)
        bytes.extracting(rest).withUnsafeBytes { body.append(contentsOf: $0) }
    }

    /// The message in a record of its own, as if it had come unfragmented.
    func record(sequence: UInt16) -> [UInt8] {
        func bytes(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        return Self.recordHeader(RecordScan.handshakeType, sequence: sequence, HandshakeFragment.headerBytes + length)
            + [type] + bytes(length, 3) + bytes(Int(messageSequence), 2) + bytes(0, 3) + bytes(length, 3) + body
    }

    /// The header of an unencrypted record of DTLS 1.2.
    static func recordHeader(_ type: UInt8, sequence: UInt16, _ byteCount: Int) -> [UInt8] {
        [
            type, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, UInt8(sequence >> 8), UInt8(truncatingIfNeeded: sequence),
            UInt8(truncatingIfNeeded: byteCount >> 8), UInt8(truncatingIfNeeded: byteCount),
        ]
    }
}
