import ArgumentParser
import Credentials
import HostSupport

struct PSKRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Removes an identity and its own line in 'rights'. A running server notices by itself."
    )

    @Argument(help: "The identity.")
    var identity: IdentityArgument

    @OptionGroup var file: PSKFileOption

    func run() throws {
        try Console.run {
            do throws(CredentialStoreError) {
                try file.editor.revoke(identity.identity)
            } catch {
                throw Failure(error)
            }
            Console.say("revoked \(identity.identity)")
        }
    }
}

struct PSKRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives an identity a new key, random unless one is given, and prints it once."
    )

    @Argument(help: "The identity.")
    var identity: IdentityArgument

    @OptionGroup var key: KeyOption

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let key = try key.key()
            do throws(CredentialStoreError) {
                try file.editor.rotate(identity.identity, to: key)
            } catch {
                throw Failure(error)
            }
            if json {
                Console.say(
                    JSONValue.object([
                        ("identity", .string("\(identity.identity)")), ("key", .string(key.revealedHex())),
                    ]).text
                )
            } else {
                Console.say("identity: \(identity.identity)")
                Console.say("key:      \(key.revealedHex())")
            }
        }
    }
}
