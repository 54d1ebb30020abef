import Credentials
import Testing

@Suite(.timeLimit(.minutes(15))) struct PSKFileTests {
    @Test func whatGnuTLSReads() throws {
        let text = """
            dev-1:00112233445566778899aabbccddeeff
            # a comment

            #77653a697264:AABB
            #old:0011
            #dev-9:0011
            #deadbe:01
            sp ace:02
            ünï:03
            """
        let file = try PSKFile(parsing: Array(text.utf8))
        #expect(file.identities.map(\.description) == ["dev-1", "#77653a697264", "#deadbe", "sp ace", "ünï"])
        let weird = try #require(PSKIdentity("we:ird"))
        #expect(file.keys[weird]?.revealedHex() == "aabb")
        #expect(file.keys[TestIdentity.named("dev-1")]?.byteCount == 16)
        #expect(file.keys[TestIdentity.named("dev-9")] == nil, "GnuTLS finds no identity in a commented line either")
    }

    @Test(arguments: [
        ("dev-1:00\ndev-2:zz\n", CredentialProblem.badKey(line: 2)),
        ("dev-1:0", .badKey(line: 1)),
        ("dev-1:0 0", .badKey(line: 1)),
        ("dev-1", .noColon(line: 1)),
        ("\n\ndev-1:", .emptyKey(line: 3)),
        (":00", .emptyIdentity(line: 1)),
        ("a:00\nb:00\na:01\n", .duplicateIdentity(line: 3, first: 1)),
        ("a:00\n#61:01\n", .duplicateIdentity(line: 2, first: 1)),
        ("a:" + String(repeating: "0", count: 130), .keyTooLong(line: 1)),
        (String(repeating: "a", count: 129) + ":00", .identityTooLong(line: 1)),
    ])
    func whatIsWrongIsSaidWithItsLine(text: String, problem: CredentialProblem) {
        #expect(throws: problem) { try PSKFile(parsing: Array(text.utf8)) }
        #expect("\(problem)".hasPrefix("line "))
    }

    @Test func lineEndsOfOtherSystems() throws {
        let file = try PSKFile(parsing: Array("a:00\r\nb:01 \r\n\r\n".utf8))
        #expect(file.identities.count == 2)
    }

    @Test(arguments: [
        ("dev-1", "dev-1"), ("a:b", "#613a62"), ("#a", "#2361"), (" a", "#2061"), ("a ", "#6120"), ("a*", "#612a"),
        ("a\nb", "#610a62"), ("ü", "ü"), ("\u{85}", "#c285"), ("a b", "a b"),
    ])
    func identitiesAreWrittenSoThatTheyAreReadBack(identity: String, text: String) throws {
        let identity = try #require(PSKIdentity(identity))
        #expect(identity.description == text)
        let file = try PSKFile(parsing: Array("\(identity):00\n".utf8))
        #expect(file.identities == [identity])
        let rights = try RightsFile(parsing: Array("\(identity): 7\n".utf8))
        #expect(rights.grants.first?.subject == .identity(identity))
    }

    @Test func aKeyIsNotShownByAccident() throws {
        let key = try #require(PreSharedKey(bytes: [0xDE, 0xAD, 0xBE, 0xEF]))
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\([key])", dumped] {
            #expect(!text.lowercased().contains("dead"))
            #expect(!text.contains("222"))
        }
        #expect(key.revealedHex() == "deadbeef")
        #expect(key.matches(try #require(PreSharedKey(bytes: [0xDE, 0xAD, 0xBE, 0xEF]))))
        #expect(!key.matches(try #require(PreSharedKey(bytes: [0xDE, 0xAD, 0xBE, 0xEE]))))
        #expect(!key.matches(try #require(PreSharedKey(bytes: [0xDE]))))
    }
}
