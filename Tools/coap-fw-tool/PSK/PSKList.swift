import ArgumentParser
import Credentials
import HostSupport

struct PSKList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the identities and what they may read; keys only if asked for."
    )

    @Argument(help: "Only this identity.")
    var identity: IdentityArgument?

    @OptionGroup var file: PSKFileOption

    @Flag(help: "Print the keys too.")
    var showKeys = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            var entries: [CredentialEditor.Entry]
            do throws(CredentialStoreError) {
                entries = try file.editor.list()
            } catch {
                throw Failure(error)
            }
            if let wanted = identity?.identity {
                entries = entries.filter { $0.identity == wanted }
                if entries.isEmpty { throw Failure(.identityMissing(path: file.psk, wanted)) }
            }
            if json {
                Console.say(JSONValue.object([("identities", .array(entries.map(object)))]).text)
            } else {
                for entry in entries { Console.say(text(entry)) }
            }
        }
    }

    private func object(_ entry: CredentialEditor.Entry) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("identity", .string("\(entry.identity)")),
            ("pids", entry.products.json),
            ("key_bytes", .number(entry.key.byteCount)),
        ]
        if let until = entry.oldKeyUntil { members.append(("old_key_until", .string(until))) }
        if showKeys { members.append(("key", .string(entry.key.revealedHex()))) }
        return .object(members)
    }

    private func text(_ entry: CredentialEditor.Entry) -> String {
        let old = entry.oldKeyUntil.map { ", the old one until \($0)" } ?? ""
        let line = "\(entry.identity)\tproducts: \(entry.products.shown)\tkey: \(entry.key.byteCount) bytes\(old)"
        return showKeys ? "\(line)\t\(entry.key.revealedHex())" : line
    }
}
