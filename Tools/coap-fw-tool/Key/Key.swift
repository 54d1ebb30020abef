import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

/// The commands for signing keys.
struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Makes signing keys, and rotations: signed orders to devices to trust other keys.",
        subcommands: [KeyGenerate.self, KeyFingerprint.self, KeyRotate.self]
    )
}

struct KeyGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes a key: KEY (private, PKCS #8 PEM, mode 0600) and KEY.pub. Never overwrites."
    )

    @Argument(help: "The private key's file.")
    var key: String

    @Option(help: "What kind of key.")
    var type = KeyType.ed25519

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let signingKey = SigningKey(type.algorithm)
            do throws(KeyFileError) {
                try KeyFile.write(signingKey, to: key)
            } catch {
                throw Failure(error)
            }
            let publicKey = KeyFile.publicPath(of: key)
            Console.answer(
                json: json,
                ["result": "generated", "key": JSONValue(key), "public_key": JSONValue(publicKey)],
                "private key: \(key) (keep it secret, keep a copy: what it signed is all that devices take)",
                "public key:  \(publicKey)"
            )
        }
    }
}

/// Kinds of keys by imgtool's names.
enum KeyType: String, ExpressibleByArgument, CaseIterable {
    case ed25519
    case ecdsaP256 = "ecdsa-p256"

    var algorithm: SignatureAlgorithm {
        switch self {
        case .ed25519: .ed25519
        case .ecdsaP256: .ecdsaP256
        }
    }
}

extension Failure {
    init(_ error: KeyFileError) {
        switch error {
        case .exists: self.init(.cannotCreate, "\(error)")
        case .file(let failure), .notCreated(let failure): self.init(ExitStatus(errno: failure.code), "\(error)")
        case .unusable, .tooLarge: self.init(.refusedData, "\(error)")
        }
    }
}
