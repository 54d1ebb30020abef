import FirmwareImage

#if canImport(HostCryptography)
import Crypto
import HostCryptography
import Synchronization

/// The real SHA-256 and Ed25519. A run verifies the same few signatures millions of times, so those that its own images
/// carry are verified once and then looked up, byte for byte with message and key; any other is verified every time.
public enum RunCryptography: DeviceCryptography {
    /// The digest.
    public typealias SHA256 = HostCryptography.SHA256

    private static let found = Mutex<[[UInt8]]>([])
    /// Making one takes as long as verifying a signature.
    private static let publicKeys = Mutex<[UInt8: [UInt8]]>([:])

    /// Whether a signature is valid.
    public static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        let isFound = found.withLock { found in
            found.contains { $0.span.bytes.starts(with: signature, then: message, then: publicKey) }
        }
        return isFound
            || HostCryptography.isValidEd25519(signature: signature, message: message, publicKey: publicKey)
    }

    /// The public key of a number.
    static func publicKey(_ number: UInt8) throws -> [UInt8] {
        if let known = publicKeys.withLock({ $0[number] }) { return known }
        let made = try Array(key(number).publicKey.rawRepresentation)
        publicKeys.withLock { $0[number] = made }
        return made
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
import FlashEmulator

/// Where no cryptographic library is linked (the build of the mutants).
public enum RunCryptography: DeviceCryptography {
    /// The digest.
    public typealias SHA256 = StubCryptography.SHA256

    /// Whether a signature is valid.
    public static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool {
        StubCryptography.isValidEd25519(signature: signature, message: message, publicKey: publicKey)
    }

    // Throws as the real one does.
    static func publicKey(_ number: UInt8) throws -> [UInt8] { [UInt8](repeating: number, count: 32) }

    static func signature(over message: [UInt8], key number: UInt8) throws -> [UInt8] {
        try StubCryptography.signature(over: message.span.bytes, key: publicKey(number).span.bytes)
    }
}
#endif
