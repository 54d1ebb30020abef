import ArgumentParser
import Credentials
import HostSupport

/// The commands that keep the pre-shared keys.
struct PSK: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psk",
        abstract: "Keeps the devices' pre-shared keys and rights.",
        subcommands: [
            PSKAdd.self, PSKList.self, PSKRevoke.self, PSKRotate.self, PSKGrant.self, PSKDeny.self, PSKWho.self,
            PSKImport.self, PSKExport.self,
        ]
    )
}

/// The option that all of them take.
struct PSKFileOption: ParsableArguments {
    @Option(help: "The key file: identity:hexkey per line, as psktool writes it. Rights stand in 'rights' beside it.")
    var psk: String

    var editor: CredentialEditor { CredentialEditor(path: psk) }

    /// Does something with the files; what they refuse is the command's failure.
    func editing<Result>(
        _ body: (CredentialEditor) throws(CredentialStoreError) -> Result
    ) throws(Failure) -> Result {
        do {
            return try body(editor)
        } catch {
            throw Failure(error)
        }
    }

    /// All identities.
    func entries() throws(Failure) -> [CredentialEditor.Entry] {
        try editing { editor throws(CredentialStoreError) in try editor.list() }
    }

    /// One identity, which must be there.
    func entry(of identity: PSKIdentity) throws(Failure) -> CredentialEditor.Entry {
        guard let entry = try entries().first(where: { $0.identity == identity }) else {
            throw Failure(.identityMissing(path: psk, identity))
        }
        return entry
    }

    /// Says what a new rights file let others keep.
    func tell(keptOpen: [PSKIdentity]) {
        guard !keptOpen.isEmpty else { return }
        Console.note(
            "\(editor.rightsPath) is new; the \(keptOpen.count) identities that were there before "
                + "may still read every product: change that with psk grant --only"
        )
    }

    /// Names lines of the rights file that fit no identity.
    func warnOfIdleGrants() throws(Failure) {
        for subject in try editing({ editor throws(CredentialStoreError) in try editor.idleGrants() }) {
            Console.note("\(editor.rightsPath): '\(subject)' fits no identity in \(psk)")
        }
    }
}

/// A key given on the command line or made.
struct KeyOption: ParsableArguments {
    /// RFC 4279 § 7.2: who was party to a handshake, or sends one, guesses short keys without asking again.
    static let leastByteCount = 16

    @Option(help: "The key in hex digits, 16 bytes or more. Random unless given.")
    var keyHex: String?

    @Option(help: "A file with the key in hex digits; - for standard input. Arguments can be seen by others.")
    var keyFile: String?

    @Flag(help: "Take a key below 16 bytes too.")
    var forceShortKey = false

    /// Whether a key was given.
    var isGiven: Bool { keyHex != nil || keyFile != nil }

    func validate() throws {
        guard keyHex == nil || keyFile == nil else { throw ValidationError("give --key-hex or --key-file, not both") }
    }

    /// The digits.
    private func given() throws(Failure) -> String? {
        guard let keyFile else { return keyHex }
        let bytes = keyFile == "-" ? try StandardInput.read(limit: 4096) : try InputFile.read(keyFile)
        // Longer than any key, so that it is refused; white space around the digits is the editor's.
        let words = String(decoding: bytes.prefix(4096), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.count == 1 ? String(words[0]) : ""
    }

    func key() throws(Failure) -> PreSharedKey {
        guard let digits = try given() else {
            guard let key = CredentialEditor.randomKey() else {
                throw Failure(.inputOutput, "no random numbers to be had from the system")
            }
            return key
        }
        guard let bytes = Hex.decode(digits.utf8), let key = PreSharedKey(bytes: bytes) else {
            throw Failure(
                .usage,
                "\(keyFile == nil ? "--key-hex" : "--key-file") takes \(KeyOption.leastByteCount)…"
                    + "\(PreSharedKey.maximumByteCount) bytes as pairs of hex digits"
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
        case .identityMissing, .notGranted: self.init(.refusedData, "\(error)")
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
