import Flash

/// An ECDSA signature on P-256: r and s, 32 bytes each, big-endian, as cryptographic libraries of devices take it.
public struct ECDSASignature: Sendable {
    /// The longest that DER takes: two numbers of 33 bytes and three headers.
    public static let maximumDERByteCount = 72

    private var storage = InlineArray<64, UInt8>(repeating: 0)

    /// Reads `SEQUENCE { INTEGER r, INTEGER s }` (RFC 3279 § 2.2.3), strict DER and nothing behind it. No signature
    /// covers these bytes: if several encodings were accepted, one image could have several payload digests.
    ///
    /// - Parameter der: the value of the TLV; `nil` for anything that is not DER: other lengths, a long form where a
    ///   short one does, negative or padded numbers, numbers of more than 32 bytes, zero, trailing bytes (`imgtool
    ///   --pad-sig`).
    public init?(der: RawSpan) {
        // Two numbers of at most 33 bytes: the short form of a length always does (X.690 § 10.1).
        guard der.byteCount >= 2, der.byteCount <= Self.maximumDERByteCount, der.byte(at: 0) == 0x30,
            Int(der.byte(at: 1)) == der.byteCount - 2
        else { return nil }
        var offset = 2
        guard Self.readInteger(der, at: &offset, into: &storage, endingAt: 32),
            Self.readInteger(der, at: &offset, into: &storage, endingAt: 64), offset == der.byteCount
        else { return nil }
    }

    /// r, then s.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes }
    }

    private static func readInteger(
        _ der: RawSpan,
        at offset: inout Int,
        into storage: inout InlineArray<64, UInt8>,
        endingAt end: Int
    ) -> Bool {
        guard der.byteCount - offset >= 3, der.byte(at: offset) == 0x02 else { return false }
        var length = Int(der.byte(at: offset + 1))
        offset += 2
        guard length >= 1, length <= 33, length <= der.byteCount - offset else { return false }
        let first = der.byte(at: offset)
        guard first < 0x80 else { return false }
        if first == 0 {
            // Only to keep the number from being negative (X.690 § 8.3.2); 0 itself is no signature.
            guard length > 1, der.byte(at: offset + 1) >= 0x80 else { return false }
            offset += 1
            length -= 1
        }
        guard length <= 32 else { return false }
        for index in 0..<length {
            storage[end - length + index] = der.byte(at: offset + index)
        }
        offset += length
        return true
    }
}
