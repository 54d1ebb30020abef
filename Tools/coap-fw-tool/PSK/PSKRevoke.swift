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

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            try file.editing { editor throws(CredentialStoreError) in try editor.revoke(identity.identity) }
            Console.answer(
                json: json,
                ["result": "revoked", "identity": "\(identity.identity)"],
                "revoked \(identity.identity)"
            )
        }
    }
}

struct PSKRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gives an identity a new key, random unless one is given, and prints it once.",
        discussion: """
            The old key ends at once, and its sessions with it, unless --keep-old says for how long it is good too. \
            Then it stands in PSK.old until that time.
            """
    )

    @Argument(help: "The identity.")
    var identity: IdentityArgument

    @OptionGroup var key: KeyOption

    @Option(help: "For so long the old key is good too, 1s…365d: 90s, 30m, 12h, 7d. [default: not at all]")
    var keepOld: PeriodArgument?

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let key = try key.key()
            let seconds = keepOld?.seconds ?? 0
            try file.editing { editor throws(CredentialStoreError) in
                try editor.rotate(identity.identity, to: key, keepingOldFor: seconds)
            }
            Console.answer(
                json: json,
                ["identity": "\(identity.identity)", "key": JSONValue(key.revealedHex())],
                "identity: \(identity.identity)",
                "key:      \(key.revealedHex())"
            )
        }
    }
}
