import ArgumentParser
import Credentials
import HostSupport

/// The commands that keep the pre-shared keys.
struct PSK: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psk",
        abstract: "Keeps the devices' pre-shared keys and rights.",
        subcommands: [PSKAdd.self, PSKList.self, PSKRevoke.self, PSKRotate.self]
    )
}

/// The option that all of them take.
struct PSKFileOption: ParsableArguments {
    @Option(help: "The key file: identity:hexkey per line, as psktool writes it. Rights stand in 'rights' beside it.")
    var psk: String

    var editor: CredentialEditor { CredentialEditor(path: psk) }
}

/// A key given on the command line or made.
struct KeyOption: ParsableArguments {
    /// RFC 4279 § 7.2: who was party to a handshake, or sends one, guesses short keys without asking again.
    private static let leastByteCount = 16

    @Option(help: "The key in hex digits, 16 bytes or more. Random unless given.")
    var keyHex: String?

    @Flag(help: "Take a key below 16 bytes too.")
    var forceShortKey = false

    func key() throws(Failure) -> PreSharedKey {
        guard let keyHex else {
            guard let key = CredentialEditor.randomKey() else {
                throw Failure(.inputOutput, "no random numbers to be had from the system")
            }
            return key
        }
        guard let bytes = Hex.decode(keyHex.utf8), let key = PreSharedKey(bytes: bytes) else {
            throw Failure(
                .usage,
                "--key-hex takes \(KeyOption.leastByteCount)…\(PreSharedKey.maximumByteCount) bytes as pairs of "
                    + "hex digits"
            )
        }
        guard key.byteCount >= KeyOption.leastByteCount || forceShortKey else {
            throw Failure(
                .refusedData,
                "a key of \(key.byteCount) bytes can be guessed and is refused; give "
                    + "\(KeyOption.leastByteCount) bytes or "
                    + "more, or --force-short-key"
            )
        }
        return key
    }
}

extension Failure {
    init(_ error: CredentialStoreError) {
        switch error {
        case .file(let failure): self.init(failure)
        case .identityExists: self.init(.cannotCreate, "\(error)")
        case .identityMissing: self.init(.refusedData, "\(error)")
        case .openToAll, .groupWritable, .invalid, .rightsRemoved, .otherOwner, .openFolder, .cutOff, .removesMany,
            .rightsMissing:
            self.init(.configuration, "\(error)")
        }
    }
}

extension ProductSet {
    /// For people: `7, 8`, `all`, `none`.
    var shown: String {
        switch self {
        case .all: "all"
        case .only(let ids): ids.isEmpty ? "none" : RightsFile.text(.only(ids))
        }
    }

    /// For programs: a list, or `null` for all.
    var json: JSONValue {
        switch self {
        case .all: .null
        case .only(let ids): .array(ids.sorted().map { .number(Int($0)) })
        }
    }
}
