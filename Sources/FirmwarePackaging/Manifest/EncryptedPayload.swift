import FirmwareImage
import HostCryptography
import Manifest

/// A payload encrypted to a recipient: AES-128 in counter mode, and how its key is got (`EncryptionInfo`).
public struct EncryptedPayload: Sendable {
    /// As it is on the wire; as long as the plain payload.
    public let bytes: [UInt8]
    /// The COSE_Encrypt, for the manifest.
    public let info: [UInt8]

    /// Encrypts a payload with a new random key.
    ///
    /// - Parameters:
    ///   - plain: the payload.
    ///   - recipient: who can decrypt it.
    /// - Throws: `malformed` if the recipient's key is no point of its curve.
    public init(_ plain: [UInt8], to recipient: RecipientKey) throws(KeyError) {
        // One content key for one payload, once: so key and counter never meet again (RFC 9459 § 6).
        try self.init(
            plain,
            to: recipient,
            sender: HostDecryption(recipient.curve),
            contentKey: (0..<16).map { _ in UInt8.random(in: 0...255) },
            counter: (0..<16).map { _ in UInt8.random(in: 0...255) }
        )
    }

    /// With all that is random given.
    init(
        _ plain: [UInt8],
        to recipient: RecipientKey,
        sender: HostDecryption,
        contentKey: [UInt8],
        counter: [UInt8]
    ) throws(KeyError) {
        guard let key = ContentKey(key: contentKey.span.bytes, counter: counter.span.bytes) else { throw .malformed }
        var bytes = plain
        do {
            var span = bytes.mutableSpan
            var window = span.mutableBytes
            key.apply(to: &window, at: 0, with: sender)
        }
        self.bytes = bytes
        let context = EncryptionInfo.context
        let wrapping = try Self.derive(16, recipient, sender, info: context.span.bytes)
        info = Self.encoded(
            counter: counter,
            sender: sender,
            wrapped: HostDecryption.wrapKey(contentKey, key: wrapping)
        )
    }

    static func derive(
        _ count: Int,
        _ recipient: RecipientKey,
        _ sender: HostDecryption,
        info: RawSpan
    ) throws(KeyError) -> [UInt8] {
        var derived = [UInt8](repeating: 0, count: count)
        var span = derived.mutableSpan
        var output = span.mutableBytes
        guard sender.deriveKey(recipient.curve, publicKey: recipient.raw.span.bytes, info: info, into: &output) else {
            throw .malformed
        }
        return derived
    }

    private static func encoded(counter: [UInt8], sender: HostDecryption, wrapped: [UInt8]) -> [UInt8] {
        CBORWriter.encoded { encrypt in
            encrypt.tag(96)
            encrypt.array(4)
            encrypt.byteString([])
            encrypt.map(2)
            encrypt.unsigned(1)
            encrypt.integer(-65534)
            encrypt.unsigned(5)
            encrypt.byteString(counter)
            encrypt.null()
            encrypt.array(1)
            encrypt.array(3)
            encrypt.wrapped {
                $0.map(1)
                $0.unsigned(1)
                $0.integer(-29)
            }
            encrypt.map(1)
            encrypt.integer(-1)
            let key = sender.publicKey
            switch sender.curve {
            case .x25519:
                encrypt.map(3)
                for number: Int32 in [1, 1, -1, 4, -2] { encrypt.integer(number) }
                encrypt.byteString(key)
            case .p256:
                encrypt.map(4)
                for number: Int32 in [1, 2, -1, 1, -2] { encrypt.integer(number) }
                encrypt.byteString(Array(key.dropFirst()))
                encrypt.integer(-3)
                encrypt.bool(key[0] == 3)
            }
            encrypt.byteString(wrapped)
        }
    }
}
