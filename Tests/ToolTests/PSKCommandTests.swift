import Foundation
import Testing

@Suite(.timeLimit(.minutes(15))) struct PSKCommandTests {
    @Test func addPrintsTheKeyOnceAndListDoesNot() throws {
        let workshop = try Workshop()
        let added = try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--pid", "8", "--psk", "psk/identities.psk")
        #expect(added.status == 0)
        let stored = try workshop.text("psk/identities.psk")
        let key = try #require(stored.split(separator: ":").last?.dropLast())
        #expect(key.count == 32)
        #expect(added.output == "identity: dev-1\nkey:      \(key)\nproducts: 7, 8\n")
        #expect(try workshop.mode(of: "psk/identities.psk") == 0o600)
        #expect(try workshop.text("psk/rights") == "dev-1: 7, 8\n")

        let listed = try workshop.tool("psk", "list", "--psk", "psk/identities.psk")
        #expect(listed.output == "dev-1\tproducts: 7, 8\tkey: 16 bytes\n")
        let shown = try workshop.tool("psk", "list", "--show-keys", "--psk", "psk/identities.psk")
        #expect(shown.output.contains(key))
        let json = try workshop.tool("psk", "list", "--json", "--psk", "psk/identities.psk")
        #expect(
            json.output
                == #"{"identities":[{"identity":"dev-1","pids":[7,8],"key_bytes":16}]}"# + "\n"
        )
    }

    @Test func aGivenKeyIsTaken() throws {
        let workshop = try Workshop()
        let key = String(repeating: "00Ff", count: 8)
        #expect(try workshop.tool("psk", "add", "we:ird", "--key-hex", key, "--psk", "k.psk").status == 0)
        #expect(try workshop.text("k.psk") == "#77653a697264:\(key.lowercased())\n")
        for wrong in ["0", "xx", "", String(repeating: "00", count: 65)] {
            #expect(try workshop.tool("psk", "add", "b", "--key-hex", wrong, "--psk", "k.psk").status == 64)
        }
    }

    /// A short key is guessed by anybody who has seen a handshake, so one must ask for it twice.
    @Test(arguments: ["00", "00FF", String(repeating: "0f", count: 15)])
    func aKeyBelow16BytesIsRefusedUnlessForced(key: String) throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        for command in [["add", "dev-2"], ["rotate", "dev-1"]] {
            let before = try workshop.text("k.psk")
            let arguments = ["psk"] + command + ["--key-hex", key, "--psk", "k.psk"]
            let refused = try workshop.run(arguments)
            #expect(refused.status == 65)
            #expect(refused.errors.contains("--force-short-key"))
            #expect(try workshop.text("k.psk") == before)
            #expect(try workshop.run(arguments + ["--force-short-key"]).status == 0)
        }
        #expect(try workshop.text("k.psk").contains("dev-2:\(key.lowercased())\n"))
    }

    @Test func rotateAndRevoke() throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "dev-1", "--key-hex", String(repeating: "0", count: 32), "--psk", "k.psk")
        let rotated = try workshop.tool("psk", "rotate", "dev-1", "--json", "--psk", "k.psk")
        let key = try #require(try rotated.json()["key"] as? String)
        #expect(try workshop.text("k.psk") == "dev-1:\(key)\n")
        #expect(key != String(repeating: "0", count: 32))
        #expect(try workshop.tool("psk", "revoke", "dev-1", "--psk", "k.psk").output == "revoked dev-1\n")
        #expect(try workshop.text("k.psk") == "")
    }

    @Test func whatCannotBeDone() throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        let twice = try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        #expect(twice.status == 73)
        #expect(twice.errors.contains("dev-1 is in k.psk already; rotate"))
        let missing = try workshop.tool("psk", "revoke", "dev-2", "--psk", "k.psk")
        #expect(missing.status == 65)
        #expect(missing.errors.contains("no identity dev-2 in k.psk"))
        #expect(try workshop.tool("psk", "list", "--psk", "none.psk").status == 66)
        #expect(try workshop.tool("psk", "revoke", "x", "--psk", "a/b/none.psk").status == 66)
        try workshop.write(Array("a:00\n".utf8), to: "open.psk", mode: 0o644)
        let open = try workshop.tool("psk", "list", "--psk", "open.psk")
        #expect(open.status == 78)
        #expect(open.errors.contains("chmod 600 open.psk"))
        try workshop.write(Array("a:00\na:secret\n".utf8), to: "bad.psk", mode: 0o600)
        let bad = try workshop.tool("psk", "list", "--psk", "bad.psk")
        #expect(bad.status == 78)
        #expect(bad.errors == "coap-fw-tool: bad.psk line 2: the identity of line 1 again; remove one of them\n")
        #expect(!bad.errors.contains("secret"))
    }

    @Test func theFirstRightsTakeNothingFromOthers() throws {
        let workshop = try Workshop()
        try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        let second = try workshop.tool("psk", "add", "dev-2", "--pid", "7", "--psk", "k.psk")
        #expect(second.errors.contains("1 identities that were there before may still read every product"))
        #expect(try workshop.text("rights") == "dev-1: *\ndev-2: 7\n")
        let third = try workshop.tool("psk", "add", "dev-3", "--psk", "k.psk")
        #expect(third.errors.contains("dev-3 may read nothing"))
    }

    /// A limit of the file size stops a write as a full disk does.
    @Test(arguments: [["add", "dev-new"], ["revoke", "dev-1"], ["rotate", "dev-1"]])
    func aFullDiskLeavesTheKeyFileAsItWas(command: [String]) throws {
        let workshop = try Workshop()
        let keys = (0..<60).map { "dev-\($0):000102030405060708090a0b0c0d0e0f\n" }.joined()
        try workshop.write(Array(keys.utf8), to: "k.psk", mode: 0o600)
        let limited = ["/bin/bash", "-c", "ulimit -f 1; exec \"$0\" \"$@\""]
        let end = try workshop.run(["psk"] + command + ["--psk", "k.psk"], under: limited)
        #expect(end.exited && end.status == 74 && end.errors.contains("File too large"), "\(end)")
        #expect(try workshop.text("k.psk") == keys)
        let left = try FileManager.default.contentsOfDirectory(atPath: workshop.path).filter { $0.contains(".new-") }
        #expect(left.isEmpty)
    }
}
