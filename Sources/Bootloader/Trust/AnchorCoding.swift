import FirmwareImage
import Flash

/// Keys as records hold them: algorithm, key size, two zero bytes, key.
package enum AnchorCoding {
    static let headerByteCount = 4

    package static func byteCount(of anchors: TrustAnchors) -> Int {
        var byteCount = 0
        for index in 0..<anchors.count {
            byteCount += headerByteCount + (anchors[index]?.algorithm.keyByteCount ?? 0)
        }
        return byteCount
    }

    /// Adds `count` keys to `anchors` and moves `offset` behind them; `false` if they are malformed, too many or cut
    /// off.
    package static func decode(
        _ bytes: RawSpan,
        count: Int,
        at offset: inout Int,
        into anchors: inout TrustAnchors
    ) -> Bool {
        for _ in 0..<count {
            guard bytes.byteCount - offset >= headerByteCount,
                let algorithm = SignatureAlgorithm(rawValue: bytes.byte(at: offset)),
                Int(bytes.byte(at: offset + 1)) == algorithm.keyByteCount,
                bytes.littleEndianUInt16(at: offset + 2) == 0
            else { return false }
            let start = offset + headerByteCount
            guard bytes.byteCount - start >= algorithm.keyByteCount,
                let anchor = TrustAnchor(algorithm, bytes: bytes.extracting(start..<start + algorithm.keyByteCount)),
                anchors.append(anchor)
            else { return false }
            offset = start + algorithm.keyByteCount
        }
        return true
    }

    /// Writes the keys and moves `offset` behind them. Traps where there is no room.
    package static func encode(_ anchors: TrustAnchors, into bytes: inout MutableRawSpan, at offset: inout Int) {
        for index in 0..<anchors.count {
            guard let anchor = anchors[index] else { continue }
            let keyByteCount = anchor.algorithm.keyByteCount
            bytes.store(anchor.algorithm.rawValue, at: offset)
            bytes.store(UInt8(keyByteCount), at: offset + 1)
            bytes.storeLittleEndian(UInt16(0), at: offset + 2)
            let key = anchor.storage
            bytes.store(key.span.bytes.extracting(first: keyByteCount), at: offset + headerByteCount)
            offset += headerByteCount + keyByteCount
        }
    }
}
