import ArgumentParser
import FirmwarePackaging

/// The commands for signing keys.
struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Makes signing keys.",
        subcommands: [KeyGenerate.self]
    )
}

struct KeyGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Makes an Ed25519 key: KEY (private, PKCS #8 PEM, mode 0600) and KEY.pub. Never overwrites."
    )

    @Argument(help: "The private key's file.")
    var key: String

    func run() throws {
        try reporting {
            let signingKey = SigningKey()
            do throws(KeyFileError) {
                try KeyFile.write(signingKey, to: key)
            } catch {
                throw ToolFailure(error)
            }
            Output.line("private key: \(key) (keep it secret, keep a copy: what it signed is all that devices take)")
            Output.line("public key:  \(KeyFile.publicPath(of: key))")
        }
    }
}

extension ToolFailure {
    init(_ error: KeyFileError) {
        switch error {
        case .exists: self.init(.cannotCreate, "\(error)")
        case .system(_, _, let code): self.init(ExitStatus(errno: code), "\(error)")
        case .unusable, .tooLarge: self.init(.refusedData, "\(error)")
        }
    }
}
