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
}
