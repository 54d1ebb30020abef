import ArgumentParser
import Credentials
import HostSupport

struct PSKExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes one identity and its key into a file of its own (mode 0600), for the device that it is of."
    )

    @Argument(help: "The identity.")
    var identity: IdentityArgument

    @Option(help: "The new file, which must not be there yet; - for standard output.")
    var out: String

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object, without the key.")
    var json = false

    func validate() throws {
        guard out != "-" || !json else { throw ValidationError("--json and --out - both go to standard output") }
    }

    func run() throws {
        try Console.run(json: json) {
            let entry = try file.entry(of: identity.identity)
            let line = "\(entry.identity):\(entry.key.revealedHex())"
            if out == "-" { return Console.say(line) }
            try NewFile.write(Array("\(line)\n".utf8), to: out, mode: 0o600)
            Console.answer(
                json: json,
                ["result": "exported", "identity": "\(entry.identity)", "path": JSONValue(out)],
                "exported: \(entry.identity) to \(out)"
            )
        }
    }
}

struct PSKImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Adds the identities of another key file, all of them or none."
    )

    @Argument(help: "The other file, identity:hexkey per line as psktool writes it; - for standard input.")
    var other: String

    @Option(help: "A product that each of them may read; may be given several times.")
    var pid: [UInt16] = []

    @Flag(help: "Take keys below 16 bytes too.")
    var forceShortKey = false

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object, without the keys.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let found = try read()
            let added = found.identities.compactMap { identity in
                found.keys[identity].map { CredentialEditor.NewIdentity(identity, key: $0) }
            }
            guard !added.isEmpty else { throw Failure(.refusedData, "\(other): there is no identity in it") }
            if !forceShortKey, let short = added.first(where: { $0.key.byteCount < KeyOption.leastByteCount }) {
                throw Failure(
                    .refusedData,
                    "\(other): the key of \(short.identity) has \(short.key.byteCount) bytes and can be guessed; "
                        + "give it \(KeyOption.leastByteCount) or more, or --force-short-key"
                )
            }
            let keptOpen = try file.editing { editor throws(CredentialStoreError) in
                try editor.add(added, products: Set(pid))
            }
            file.tell(keptOpen: keptOpen)
            let names = added.map { JSONValue("\($0.identity)") }
            Console.answer(
                json: json,
                ["result": "imported", "count": .number(added.count), "identities": .array(names)],
                "imported: \(added.count) \(added.count == 1 ? "identity" : "identities")"
            )
        }
    }

    private func read() throws(Failure) -> PSKFile {
        guard other == "-" else {
            do {
                return try PSKFile.read(other)
            } catch {
                throw Failure(error)
            }
        }
        let text = try StandardInput.read(limit: PSKFile.maximumSizeBytes)
        do {
            return try PSKFile(parsing: text)
        } catch {
            throw Failure(.configuration, "standard input \(error)")
        }
    }
}
