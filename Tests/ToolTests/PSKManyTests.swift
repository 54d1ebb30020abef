import Foundation
import Testing

/// Many identities at once, rights without an editor, and keys that are no arguments.
@Suite(.timeLimit(.minutes(5))) struct PSKManyTests {
    private let key = "00112233445566778899aabbccddeeff"

    @Test func manyAreAddedAtOnceWithKeysOfTheirOwn() throws {
        let workshop = try Workshop()
        let added = try workshop.tool(
            "psk",
            "add",
            "--count",
            "300",
            "--prefix",
            "meter-",
            "--pid",
            "7",
            "--psk",
            "k.psk"
        )
        #expect(added.status == 0, "\(added.errors)")
        #expect(added.output == (try workshop.text("k.psk")), "the lines of the file")
        let keys = added.lines.compactMap { $0.split(separator: ":").last }
        #expect(Set(keys).count == 300 && keys.allSatisfy { $0.count == 32 })
        #expect(added.lines.first?.hasPrefix("meter-1:") == true && added.lines.last?.hasPrefix("meter-300:") == true)
        #expect(try workshop.text("rights").hasSuffix("meter-300: 7\n"))
        // All or none.
        let before = try workshop.text("k.psk")
        let again = try workshop.tool("psk", "add", "--count", "301", "--prefix", "meter-", "--psk", "k.psk")
        #expect(again.status == 73 && again.errors.contains("meter-1 is in k.psk already"), "\(again)")
        #expect(try workshop.text("k.psk") == before)
        let json = try workshop.tool("psk", "add", "--count", "2", "--prefix", "b", "--psk", "k.psk", "--json")
        let list = try #require(try json.json()["identities"] as? [[String: Any]])
        #expect(list.compactMap { $0["identity"] as? String } == ["b1", "b2"])
        for wrong in [["--count", "0", "--prefix", "x"], ["--count", "2"], ["x", "--prefix", "y"], []] {
            #expect(try workshop.run(["psk", "add"] + wrong + ["--psk", "k.psk"]).status == 64, "\(wrong)")
        }
    }

    @Test func keysComeFromStandardInputAndFiles() throws {
        let workshop = try Workshop()
        let piped = ["/bin/bash", "-c", "echo ' \(key) ' | exec \"$0\" \"$@\""]
        let added = try workshop.run(["psk", "add", "a", "--key-file", "-", "--psk", "k.psk"], under: piped)
        #expect(added.status == 0, "\(added.errors)")
        #expect(try workshop.text("k.psk") == "a:\(key)\n")
        try workshop.write(Array("\(key)\n".utf8), to: "key", mode: 0o600)
        #expect(try workshop.tool("psk", "rotate", "a", "--key-file", "key", "--psk", "k.psk").status == 0)
        #expect(try workshop.tool("psk", "add", "b", "--key-file", "key", "--psk", "k.psk").status == 0)
        #expect(try workshop.text("k.psk") == "a:\(key)\nb:\(key)\n")
        let both = try workshop.tool("psk", "add", "c", "--key-file", "key", "--key-hex", key, "--psk", "k.psk")
        #expect(both.status == 64)
        for (text, status) in [("two words", 64), ("xyz", 64), ("", 64), ("00ff", 65)] as [(String, Int32)] {
            try workshop.write(Array(text.utf8), to: "key", mode: 0o600)
            let wrong = try workshop.tool("psk", "add", "c", "--key-file", "key", "--psk", "k.psk")
            #expect(wrong.status == status && !wrong.errors.contains("xyz"), "\(text): \(wrong)")
        }
        #expect(try workshop.tool("psk", "add", "c", "--key-file", "none", "--psk", "k.psk").status == 66)
    }

    /// A device that has the old key still, and one that has the new one, update at a server that runs all the while.
    @Test func bothKeysServeUntilTheOldOneEnds() throws {
        let workshop = try Workshop.withDevice()
        try workshop.tool("psk", "add", "dev-1", "--key-hex", key, "--psk", "k.psk")
        try #require(try workshop.release("2.0.0").status == 0)
        try workshop.tool("psk", "export", "dev-1", "--out", "old.psk", "--psk", "k.psk")
        let server = try RunningServer(workshop)
        let rotated = try workshop.tool("psk", "rotate", "dev-1", "--keep-old", "1h", "--psk", "k.psk")
        try #require(rotated.status == 0, "\(rotated)")
        #expect(try workshop.tool("psk", "list", "--psk", "k.psk").output.contains("16 bytes, the old one until 2"))
        try #require(server.hasLogged("identities changed"))
        func update(_ psk: String) throws -> Int32 {
            try workshop.client(
                "update",
                "--server",
                server.url,
                "--pid",
                "7",
                "--identity",
                "dev-1",
                "--psk",
                psk,
                "--flash",
                "good.flash"
            ).status
        }
        #expect(try update("old.psk") == 0)
        #expect(try update("k.psk") == 0)
        // Without --keep-old, the keys before are good no more.
        try workshop.tool("psk", "rotate", "dev-1", "--psk", "k.psk")
        var status = try update("old.psk")
        // It is noticed within a second, and an update that finds nothing new takes less.
        for _ in 0..<200 where status == 0 { status = try update("old.psk") }
        #expect(status == 77)
        #expect(try workshop.tool("psk", "rotate", "dev-1", "--keep-old", "2y", "--psk", "k.psk").status == 64)
    }

    @Test func importTakesAllOrNone() throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "old", "--psk", "k.psk")
        try workshop.write(Array("# fleet\na:\(key)\n#6220:\(key)\n".utf8), to: "other.psk", mode: 0o600)
        let imported = try workshop.tool("psk", "import", "other.psk", "--pid", "9", "--psk", "k.psk")
        #expect(imported.status == 0 && imported.output == "imported: 2 identities\n", "\(imported)")
        #expect(imported.errors.contains("1 identities that were there before may still read every product"))
        #expect(try workshop.text("k.psk").hasSuffix("a:\(key)\n#6220:\(key)\n"))
        #expect(try workshop.text("rights") == "old: *\na: 9\n#6220: 9\n")
        let before = try workshop.text("k.psk")
        let piped = ["/bin/bash", "-c", "printf 'b:\(key)\\na:\(key)\\n' | exec \"$0\" \"$@\""]
        let twice = try workshop.run(["psk", "import", "-", "--psk", "k.psk"], under: piped)
        #expect(twice.status == 73 && twice.errors.contains("a is in k.psk already"), "\(twice)")
        try workshop.write(Array("b:00\n".utf8), to: "other.psk", mode: 0o600)
        let short = try workshop.tool("psk", "import", "other.psk", "--psk", "k.psk")
        #expect(short.status == 65 && short.errors.contains("--force-short-key"), "\(short)")
        try workshop.write(Array("b:secret\n".utf8), to: "other.psk", mode: 0o600)
        let wrong = try workshop.tool("psk", "import", "other.psk", "--psk", "k.psk")
        #expect(wrong.status == 78 && !wrong.errors.contains("secret"), "\(wrong)")
        #expect(try workshop.text("k.psk") == before)
    }

    /// A device's own file, so that it never holds the server's.
    @Test func exportMakesADevicesOwnFile() throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "a", "--key-hex", key, "--psk", "k.psk")
        try workshop.tool("psk", "add", "b", "--psk", "k.psk")
        let exported = try workshop.tool("psk", "export", "a", "--out", "a.psk", "--psk", "k.psk")
        #expect(exported.status == 0 && exported.output == "exported: a to a.psk\n", "\(exported)")
        #expect(try workshop.text("a.psk") == "a:\(key)\n")
        #expect(try workshop.mode(of: "a.psk") == 0o600)
        #expect(try workshop.tool("psk", "export", "a", "--out", "a.psk", "--psk", "k.psk").status == 73)
        #expect(try workshop.tool("psk", "export", "a", "--out", "-", "--psk", "k.psk").output == "a:\(key)\n")
        #expect(try workshop.tool("psk", "export", "x", "--out", "x.psk", "--psk", "k.psk").status == 65)
        #expect(!workshop.exists("x.psk"))
    }

    @Test func grantDenyAndWho() throws {
        let workshop = try Workshop()
        for name in ["meter-1", "meter-2", "lamp"] { try workshop.tool("psk", "add", name, "--psk", "k.psk") }
        func psk(_ arguments: String...) throws -> ToolResult {
            try workshop.run(["psk"] + arguments + ["--psk", "k.psk"])
        }
        // Who is not meant keeps everything; who is meant has it besides, or only that.
        let first = try psk("grant", "meter-*", "--pid", "7", "--only")
        #expect(first.status == 0 && first.errors.contains("1 identities that were there before"), "\(first)")
        #expect(try workshop.text("rights") == "lamp: *\nmeter-*: 7\n")
        #expect(try psk("who", "--pid", "7").output == "meter-1\nmeter-2\nlamp\n")
        #expect(try psk("who", "--pid", "8").output == "lamp\n")
        #expect(try psk("grant", "meter-1", "--pid", "8", "--pid", "9").status == 0)
        #expect(try psk("who", "--pid", "8", "--json").json()["identities"] as? [String] == ["meter-1", "lamp"])
        #expect(try psk("deny", "meter-1", "--pid", "9").output == "denied: meter-1, products: 9\n")
        #expect(try workshop.text("rights").hasSuffix("meter-1: 8\n"))
        // Another line still holds, and that is said.
        #expect(try psk("grant", "meter-1", "--pid", "7").status == 0)
        let denied = try psk("deny", "meter-1", "--pid", "7")
        #expect(denied.status == 0 && denied.errors.contains("a pattern in"), "\(denied)")
        let missing = try psk("deny", "lamp", "--pid", "7")
        #expect(missing.status == 65 && missing.errors.contains("no line for lamp itself that names products"))
        // A line that fits nobody is nearly always a slip.
        let slip = try psk("grant", "metre-*", "--pid", "7")
        #expect(slip.status == 0 && slip.errors.contains("'metre-*' fits no identity in k.psk"), "\(slip)")
        #expect(try psk("grant", "lamp", "--only", "--pid", "3").status == 0)
        #expect(try psk("who", "--pid", "8").output == "meter-1\n")
        let star = try psk("add", "meter-*")
        #expect(star.errors.contains("is one identity and no pattern"), "\(star)")
        #expect(try psk("grant", "lamp").status == 64)
    }
}
