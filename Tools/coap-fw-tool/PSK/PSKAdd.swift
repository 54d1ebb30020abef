import ArgumentParser
import Credentials
import HostSupport

struct PSKAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds an identity, or many, with random 16-byte keys unless one is given, and prints the keys once."
    )

    @Argument(help: "The identity, 1…128 bytes; # and hex digits for one that is no text.")
    var identity: IdentityArgument?

    @Option(help: "Add so many, 1…1000000, each with a key of its own: PREFIX1, PREFIX2 and so on.")
    var count: Int?

    @Option(help: "What the names begin with that --count adds.")
    var prefix: String?

    @OptionGroup var key: KeyOption

    @Option(help: "A product that the identity may read, 0…65535; may be given several times.")
    var pid: [UInt16] = []

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard let count else {
            guard identity != nil, prefix == nil else {
                throw ValidationError("give an identity, or --count and --prefix")
            }
            return
        }
        guard let prefix, identity == nil, !key.isGiven else {
            throw ValidationError("--count goes with --prefix, and with neither an identity nor a key")
        }
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count \(count): write 1…1000000") }
        guard PSKIdentity("\(prefix)\(count)") != nil else {
            throw ValidationError("--prefix: identities have \(PSKIdentity.maximumByteCount) bytes at most")
        }
    }

    func run() throws {
        try Console.run(json: json) {
            if let count, let prefix {
                try addMany((1...count).compactMap { PSKIdentity("\(prefix)\($0)") })
            } else if let identity {
                try addOne(identity.identity)
            }
        }
    }

    private func addOne(_ identity: PSKIdentity) throws(Failure) {
        let key = try key.key()
        let added = try file.editing { editor throws(CredentialStoreError) in
            try editor.add(identity, key: key, products: Set(pid))
        }
        file.tell(keptOpen: added.keptOpen)
        if identity.bytes.contains(UInt8(ascii: "*")) {
            Console.note("\(identity) is one identity and no pattern; rights for a pattern are given by: psk grant")
        }
        if added.products == .none {
            Console.note("\(identity) may read nothing until a line in \(file.editor.rightsPath) says so")
        }
        Console.answer(
            json: json,
            object(identity, added.key, added.products),
            "identity: \(identity)",
            "key:      \(added.key.revealedHex())",
            "products: \(added.products.shown)"
        )
    }

    private func addMany(_ identities: [PSKIdentity]) throws(Failure) {
        var new: [CredentialEditor.NewIdentity] = []
        new.reserveCapacity(identities.count)
        for identity in identities { new.append(CredentialEditor.NewIdentity(identity, key: try key.key())) }
        let keptOpen = try file.editing { editor throws(CredentialStoreError) in
            try editor.add(new, products: Set(pid))
        }
        file.tell(keptOpen: keptOpen)
        if json {
            let rights = try file.editing { editor throws(CredentialStoreError) in try editor.rights() }
            let list = new.map { object($0.identity, $0.key, rights.products(of: $0.identity)).value }
            Console.say(JSONValue.object([("identities", .array(list))]).text)
        } else {
            // As in the file, for whoever has to put the keys into devices. One write: there may be many.
            Console.say(new.map { "\($0.identity):\($0.key.revealedHex())" }.joined(separator: "\n"))
        }
    }

    private func object(_ identity: PSKIdentity, _ key: PreSharedKey, _ products: ProductSet) -> JSONObject {
        ["identity": "\(identity)", "key": JSONValue(key.revealedHex()), "pids": products.json]
    }
}
