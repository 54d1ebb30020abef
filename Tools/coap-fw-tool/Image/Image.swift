import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

/// The commands that look at images.
struct Image: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Shows and verifies signed images.",
        subcommands: [ImageInfo.self, ImageVerify.self]
    )
}

/// Names and texts of what is in images.
enum ImageText {
    static func hex(_ digest: SHA256Digest) -> String {
        Hex.encode((0..<SHA256Digest.byteCount).map { digest[$0] })
    }

    /// The first 8 bytes of a payload's digest.
    static func etag(_ digest: SHA256Digest) -> String {
        String(hex(digest).prefix(16))
    }

    static func name(_ type: TLVType) -> String {
        switch type {
        case .keyHash: "KEYHASH"
        case .publicKey: "PUBKEY"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        case .rsa2048: "RSA2048"
        case .ecdsa: "ECDSA"
        case .rsa3072: "RSA3072"
        case .ed25519: "ED25519"
        case .pureSignature: "SIG_PURE"
        case .dependency: "DEPENDENCY"
        case .securityCounter: "SEC_CNT"
        case .bootRecord: "BOOT_RECORD"
        case .productID: "PRODUCT"
        default: "0x" + String(type.rawValue, radix: 16)
        }
    }

    /// Why an image is not accepted, to stand after the file's name.
    static func reason(_ error: ImageError) -> String {
        switch error {
        case .source(let source): "cannot be read: \(source)"
        case .notAnImage: "is no signed image (no MCUboot header); sign it with: coap-fw-tool release"
        case .truncated: "is truncated: it says that it is longer than it is"
        case .headerSize(let size): "has a header of \(size) bytes; 32 is the least"
        case .unsupportedFlags(let flags): "has flags 0x\(String(flags, radix: 16)) that are not supported"
        case .malformedTLVArea: "has a malformed TLV area"
        case .malformedTLV(let type): "has a malformed TLV of type 0x\(String(type, radix: 16))"
        case .duplicateTLV(let type): "has two TLVs of type 0x\(String(type, radix: 16))"
        case .tooManyTLVs: "has too many TLVs"
        case .unprotectedTLV(let type): "has a TLV of type 0x\(String(type, radix: 16)) that nothing protects"
        case .missingDigest: "has no digest"
        case .digestMismatch: "is damaged: its digest is not that of its bytes"
        case .unknownKey: "is not signed by this key"
        case .badSignature: "names this key, but the signature is not by it"
        case .missingProduct(let expected): "names no product; product \(expected) is expected"
        case .wrongProduct(let found, let expected): "is for product \(found), not \(expected)"
        case .securityCounterTooLow(let found, let minimum): "has security counter \(found), below \(minimum)"
        case .securityCounterTooHigh(let found, let maximum): "has security counter \(found), above \(maximum)"
        }
    }
}
