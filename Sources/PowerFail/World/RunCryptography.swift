import FirmwareImage

#if canImport(HostCryptography)
import Crypto
import HostCryptography
import Synchronization

/// The real SHA-256 and Ed25519. A run verifies the same few signatures millions of times, so those that its own images
/// carry are verified once and then looked up, byte for byte with message and key; any other is verified every time.
public enum RunCryptography: DeviceCryptography {
    public typealias SHA256 = HostCryptography.SHA256

    private static let found = Mutex<[[UInt8]]>([])

    public static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        let isFound = found.withLock { found in
            found.contains { $0.span.bytes.starts(with: signature, then: message, then: publicKey) }
        }
        return isFound
            || HostCryptography.isValidEd25519(signature: signature, message: message, publicKey: publicKey)
    }

    /// The public key of a number.
    static func publicKey(_ number: UInt8) throws -> [UInt8] {
        try Array(key(number).publicKey.rawRepresentation)
    }

    /// Signs, and keeps the signature for lookups once it was verified.
    static func signature(over message: [UInt8], key number: UInt8) throws -> [UInt8] {
        let signature = try Array(key(number).signature(for: message))
        let publicKey = try publicKey(number)
        guard
            HostCryptography.isValidEd25519(
                signature: signature.span.bytes,
                message: message.span.bytes,
                publicKey: publicKey.span.bytes
            )
        else { throw RunError.setup("a signature that was just made does not verify") }
        found.withLock { $0.append(signature + message + publicKey) }
        return signature
    }

    private static func key(_ number: UInt8) throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: number, count: 32))
    }
}

extension RawSpan {
    fileprivate func starts(with first: RawSpan, then second: RawSpan, then third: RawSpan) -> Bool {
        let secondStart = first.byteCount
        let thirdStart = secondStart + second.byteCount
        guard byteCount == thirdStart + third.byteCount else { return false }
        return extracting(0..<secondStart).elementsEqual(first)
            && extracting(secondStart..<thirdStart).elementsEqual(second)
            && extracting(thirdStart..<byteCount).elementsEqual(third)
    }
}
#else
/// Where no cryptographic library is linked (the build of the mutants): a digest and a signature that are fast instead
/// of secure. What is tested is the order of flash operations; any changed byte changes both.
public enum RunCryptography: DeviceCryptography {
    public struct SHA256: SHA256Hashing {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325
        private var pending: UInt64 = 0
        private var count: UInt64 = 0

        public init() {}

        public mutating func update(_ bytes: RawSpan) {
            bytes.withUnsafeBytes { bytes in
                for byte in bytes {
                    pending = pending << 8 | UInt64(byte)
                    count += 1
                    if count % 8 == 0 { mix(pending) }
                }
            }
        }

        public mutating func finalize() -> SHA256Digest {
            mix(pending)
            mix(count)
            var bytes = [UInt8]()
            for _ in 0..<4 {
                mix(0x9E37_79B9)
                bytes += (0..<8).map { UInt8(truncatingIfNeeded: state >> ($0 * 8)) }
            }
            guard let digest = SHA256Digest(bytes: bytes.span.bytes) else { preconditionFailure("32 bytes") }
            return digest
        }

        private mutating func mix(_ word: UInt64) {
            state = (state ^ word) &* 0x9FB2_1C65_1E98_DF25
            state ^= state >> 32
        }
    }

    public static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        let expected = self.signature(over: message, publicKey: publicKey)
        return signature.withUnsafeBytes { $0.elementsEqual(expected) }
    }

    // Throws as the real one does.
    static func publicKey(_ number: UInt8) throws -> [UInt8] { [UInt8](repeating: number, count: 32) }

    static func signature(over message: [UInt8], key number: UInt8) throws -> [UInt8] {
        try signature(over: message.span.bytes, publicKey: publicKey(number).span.bytes)
    }

    private static func signature(over message: RawSpan, publicKey: RawSpan) -> [UInt8] {
        var hash = SHA256()
        hash.update(publicKey)
        hash.update(message)
        let digest = hash.finalize()
        return (0..<64).map { digest[$0 % 32] ^ UInt8($0) }
    }
}
#endif
