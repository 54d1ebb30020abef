import ArgumentParser
import Credentials
import HostSupport

/// Whom a line of the rights file is about, on the command line: an identity, or a pattern with `*`.
struct SubjectArgument: ExpressibleByArgument {
    let subject: RightsFile.Subject

    init?(argument: String) {
        if argument.contains("*"), !argument.hasPrefix("#"), !argument.contains(":"), argument.utf8.count <= 256 {
            subject = .pattern(argument)
        } else {
            guard let identity = IdentityArgument(argument: argument) else { return nil }
            subject = .identity(identity.identity)
        }
    }
}

struct PSKGrant: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Lets an identity, or those that a pattern fits, read products. Changes 'rights' only."
    )

    @Argument(help: "The identity, or a pattern such as 'meter-*'.")
    var subject: SubjectArgument

    @Option(help: "A product, 0…65535; may be given several times.")
    var pid: [UInt16] = []

    @Flag(help: "Every product.")
    var all = false

    @Flag(help: "Instead of what its own line gives now, and not besides that.")
    var only = false

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard all != !pid.isEmpty else { throw ValidationError("give --pid, once or several times, or --all") }
    }

    func run() throws {
        try Console.run(json: json) {
            let products: ProductSet = all ? .all : .only(Set(pid))
            let keptOpen = try file.editing { editor throws(CredentialStoreError) in
                try editor.grant(subject.subject, products, only: only)
            }
            file.tell(keptOpen: keptOpen)
            try file.warnOfIdleGrants()
            subject.show("granted", products, json: json)
        }
    }
}

struct PSKDeny: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny",
        abstract: "Takes products from the line of an identity or a pattern. Other lines that fit it still hold."
    )

    @Argument(help: "The identity, or the pattern as it stands in 'rights'.")
    var subject: SubjectArgument

    @Option(help: "A product, 0…65535; may be given several times.")
    var pid: [UInt16]

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            try file.editing { editor throws(CredentialStoreError) in try editor.deny(subject.subject, Set(pid)) }
            if case .identity(let identity) = subject.subject {
                let left = try file.entries().first { $0.identity == identity }?.products ?? .none
                if pid.contains(where: { left.contains($0) }) {
                    Console.note("a pattern in \(file.editor.rightsPath) still lets \(identity) read \(left.shown)")
                }
            }
            subject.show("denied", .only(Set(pid)), json: json)
        }
    }
}

extension SubjectArgument {
    fileprivate func show(_ result: String, _ products: ProductSet, json: Bool) {
        Console.answer(
            json: json,
            ["result": JSONValue(result), "subject": "\(subject)", "pids": products.json],
            "\(result): \(subject), products: \(products.shown)"
        )
    }
}

struct PSKWho: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "who",
        abstract: "Lists the identities that may read a product."
    )

    @Option(help: "The product, 0…65535.")
    var pid: UInt16

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let readers = try file.entries().filter { $0.products.contains(pid) }.map { "\($0.identity)" }
            if json {
                let object: JSONObject = ["pid": JSONValue(pid), "identities": .array(readers.map { JSONValue($0) })]
                Console.say(object.text)
            } else {
                for reader in readers { Console.say(reader) }
            }
            try file.warnOfIdleGrants()
        }
    }
}
