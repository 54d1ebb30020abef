import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

struct KeyFingerprint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint",
        abstract:
            "Shows a key's fingerprint: the SHA-256 of its public key, which images that it signed name as KEYHASH."
    )

    @Argument(help: "The public or the private key (PEM).")
    var key: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let found = try read()
            let fingerprint: String
            do {
                fingerprint = ImageText.hex(try found.keyHash())
            } catch {
                throw Failure(.refusedData, "\(key) \(error)")
            }
            let type = KeyType(found.algorithm).rawValue
            Console.answer(
                json: json,
                ["type": JSONValue(type), "fingerprint": JSONValue(fingerprint)],
                "\(fingerprint)  \(type)  \(key)"
            )
        }
    }

    private func read() throws(Failure) -> VerificationKey {
        do {
            return try KeyFile.verificationKey(key)
        } catch .unusable(_, .isPrivate) {
            do {
                return try KeyFile.signingKey(key).verificationKey
            } catch {
                throw Failure(error)
            }
        } catch {
            throw Failure(error)
        }
    }
}

extension KeyType {
    init(_ algorithm: SignatureAlgorithm) {
        switch algorithm {
        case .ed25519: self = .ed25519
        case .ecdsaP256: self = .ecdsaP256
        }
    }
}
