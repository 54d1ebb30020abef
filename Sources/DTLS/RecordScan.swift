/// What the record headers of a datagram say, before anything is decrypted (RFC 6347 § 4.1).
///
///      0      1         3       5             11      13
///     +------+---------+-------+-------------+-------+----
///     | type | version | epoch | sequence no | length| fragment …
///     +------+---------+-------+-------------+-------+----
struct RecordScan: Equatable {
    static let headerBytes = 13
    static let handshakeType: UInt8 = 22

    /// Whole records, at most `maximumRecords`.
    private(set) var recordCount = 0
    /// Bytes of these records. What follows is cut short or no record: GnuTLS would keep it and take the next
    /// datagram for its continuation.
    private(set) var byteCount = 0
    /// A handshake record of a later epoch is among them: after a key exchange, that is a Finished.
    private(set) var hasEncryptedHandshake = false
    /// Type of the handshake message that the first record begins with, if it is one that is not encrypted.
    private(set) var plainHandshakeType: UInt8?
    /// The first record is not encrypted.
    private(set) var isPlain = false
    /// Sequence number of the first record, 48 bits.
    private(set) var sequence: UInt64 = 0

    /// A datagram with more records than a whole flight has is not looked at any further.
    static let maximumRecords = 16

    init(_ datagram: RawSpan) {
        while recordCount < Self.maximumRecords, datagram.byteCount - byteCount >= Self.headerBytes {
            let end = byteCount + Self.headerBytes + Int(datagram.bigEndianUInt16(at: byteCount + 11))
            guard end <= datagram.byteCount else { break }
            let epoch = datagram.bigEndianUInt16(at: byteCount + 3)
            if datagram.byte(at: byteCount) == Self.handshakeType, epoch > 0 {
                hasEncryptedHandshake = true
            }
            if recordCount == 0 {
                isPlain = epoch == 0
                sequence =
                    UInt64(datagram.bigEndianUInt24(at: byteCount + 5)) << 24
                    | UInt64(datagram.bigEndianUInt24(at: byteCount + 8))
            }
            if recordCount == 0, epoch == 0, datagram.byte(at: 0) == Self.handshakeType,
                end > Self.headerBytes
            {
                plainHandshakeType = datagram.byte(at: Self.headerBytes)
            }
            recordCount += 1
            byteCount = end
        }
    }
}

extension RawSpan {
    /// The byte at an offset that the caller has checked; traps otherwise.
    func byte(at offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    func bigEndianUInt16(at offset: Int) -> UInt16 {
        UInt16(byte(at: offset)) << 8 | UInt16(byte(at: offset + 1))
    }

    func bigEndianUInt24(at offset: Int) -> Int {
        Int(byte(at: offset)) << 16 | Int(bigEndianUInt16(at: offset + 1))
    }
}
