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

/// Keys given on the command line or made.
enum KeyArgument {
    /// Keys below this many bytes can be guessed by who recorded a handshake.
    private static let comfortableByteCount = 16

    static func key(_ hex: String?) throws(Failure) -> PreSharedKey {
        guard let hex else {
            guard let key = CredentialEditor.randomKey() else {
                throw Failure(.inputOutput, "no random numbers to be had from the system")
            }
            return key
        }
        guard let bytes = Hex.decode(hex.utf8), let key = PreSharedKey(bytes: bytes) else {
            throw Failure(
                .usage,
                "--key-hex takes 1…\(PreSharedKey.maximumByteCount) bytes as pairs of hex digits, 16 bytes are usual"
            )
        }
        if key.byteCount < comfortableByteCount {
            Console.note("a key of \(key.byteCount) bytes can be guessed; 16 bytes are usual")
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
        case .openToAll, .groupWritable, .invalid, .rightsRemoved: self.init(.configuration, "\(error)")
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
