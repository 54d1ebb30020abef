import ArgumentParser
import Credentials
import HostSupport

struct PSKAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Adds an identity, with a random 16-byte key unless one is given, and prints the key once."
    )

    @Argument(help: "The identity, 1…128 bytes; # and hex digits for one that is no text.")
    var identity: IdentityArgument

    @OptionGroup var key: KeyOption

    @Option(help: "A product that the identity may read; may be given several times.")
    var pid: [UInt16] = []

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let key = try key.key()
            let added: CredentialEditor.Added
            do throws(CredentialStoreError) {
                added = try file.editor.add(identity.identity, key: key, products: Set(pid))
            } catch {
                throw Failure(error)
            }
            if !added.keptOpen.isEmpty {
                Console.note(
                    "\(file.editor.rightsPath) is new; the \(added.keptOpen.count) identities that were there before "
                        + "may still read every product: edit their lines to change that"
                )
            }
            if added.products == .none {
                Console.note(
                    "\(identity.identity) may read nothing until a line in \(file.editor.rightsPath) says so"
                )
            }
            show(added)
        }
    }

    private func show(_ added: CredentialEditor.Added) {
        if json {
            Console.say(
                JSONValue.object([
                    ("identity", .string("\(identity.identity)")),
                    ("key", .string(added.key.revealedHex())),
                    ("pids", added.products.json),
                ]).text
            )
        } else {
            Console.say("identity: \(identity.identity)")
            Console.say("key:      \(added.key.revealedHex())")
            Console.say("products: \(added.products.shown)")
        }
    }
}
