import Credentials
import Testing

@Suite(.timeLimit(.minutes(15))) struct AccessRightsTests {
    private func rights(_ text: String) throws -> AccessRights {
        AccessRights(try RightsFile(parsing: Array(text.utf8)))
    }

    @Test(arguments: [
        ("dev-1", "dev-1", true), ("dev-1", "dev-2", false), ("dev-1", "dev-10", false), ("*", "anything", true),
        ("dev-*", "dev-1", true), ("dev-*", "dev-", true), ("dev-*", "dev", false), ("*-1", "dev-1", true),
        ("*-1", "dev-10", false), ("d*1", "dev-1", true), ("d*1", "d1", true), ("d*1", "d12", false),
        ("a*a", "a", false),
        ("a*b*c", "a-b-c", true), ("a*b*c", "acbc", true), ("a*b*c", "ab", false), ("**", "x", true),
        ("*b*", "abc", true), ("*bb*", "abc", false), ("a*bc*bc", "abcbc", true), ("a*bc*bc", "abc", false),
    ])
    func patterns(pattern: String, identity: String, fits: Bool) throws {
        let rights = try rights("\(pattern): 7\n")
        #expect(rights.mayRead(7, .authenticated(TestIdentity.named(identity))) == fits)
        #expect(!rights.mayRead(8, .authenticated(TestIdentity.named(identity))))
        #expect(!rights.mayRead(7, .anonymous))
    }

    @Test func linesAddUp() throws {
        let rights = try rights("# who\n\ndev-*: 7\ndev-1: 8, 9\ndev-1:10\nlab : *\nnobody:\n")
        let one = TestIdentity.named("dev-1")
        #expect(rights.products(of: one) == .only([7, 8, 9, 10]))
        #expect(rights.products(of: TestIdentity.named("dev-2")) == .only([7]))
        #expect(rights.products(of: TestIdentity.named("lab")) == .all)
        #expect(rights.products(of: TestIdentity.named("nobody")) == .none)
        #expect(rights.products(of: TestIdentity.named("stranger")) == .none)
        #expect([7, 8, 9, 10].allSatisfy { rights.mayRead($0, .authenticated(one)) })
    }

    @Test func aHexNameIsNeverAPattern() throws {
        let rights = try rights("#2a: 7\n")
        #expect(rights.mayRead(7, .authenticated(TestIdentity.named("*"))))
        #expect(!rights.mayRead(7, .authenticated(TestIdentity.named("dev-1"))))
    }

    @Test(arguments: [
        ("dev-1: 7\ndev-2", CredentialProblem.noColon(line: 2)), ("dev-1: x", .badProductID(line: 1)),
        ("dev-1: 7,,8", .badProductID(line: 1)), ("dev-1: 7,", .badProductID(line: 1)),
        ("dev-1: 65536", .badProductID(line: 1)), ("dev-1: 07", .badProductID(line: 1)),
        ("dev-1: 7 8", .badProductID(line: 1)), (": 7", .emptyIdentity(line: 1)),
        ("dev-1: 7, *", .badProductID(line: 1)),
    ])
    func whatIsWrongIsSaidWithItsLine(text: String, problem: CredentialProblem) {
        #expect(throws: problem) { try RightsFile(parsing: Array(text.utf8)) }
    }
}
