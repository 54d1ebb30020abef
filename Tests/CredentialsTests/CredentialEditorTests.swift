import Credentials
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct CredentialEditorTests {
    let one = TestIdentity.named("dev-1")
    let two = TestIdentity.named("dev-2")

    private func key(_ byte: UInt8) throws -> PreSharedKey {
        try #require(PreSharedKey(bytes: [UInt8](repeating: byte, count: 16)))
    }

    /// The first rights file names everybody who was there before, in one pass: a line at a time, this took minutes.
    @Test(.timeLimit(.minutes(1))) func firstRightsAmongManyIdentitiesTakeOnePass() throws {
        let folder = try TemporaryFolder()
        let hex = String(repeating: "0a", count: 16)
        let keys = (0..<20_000).map { "dev-\($0):\(hex)\n" }.joined()
        let path = try folder.write(keys, to: "identities.psk", mode: 0o600)
        let began = ContinuousClock.now
        let added = try CredentialEditor(path: path).add(TestIdentity.named("late"), key: key(1), products: [7])
        #expect(added.keptOpen.count == 20_000)
        #expect(try folder.read("rights").hasSuffix("dev-19999: *\nlate: 7\n"))
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    @Test func addListRotateRevoke() throws {
        let folder = try TemporaryFolder()
        let editor = CredentialEditor(path: "\(folder.path)/psk/identities.psk")
        #expect(try editor.add(one, key: key(1), products: []).products == .all)
        #expect(try folder.mode(of: "psk/identities.psk") == 0o600)
        let added = try editor.add(two, key: key(2), products: [8, 7])
        #expect(added.products == .only([7, 8]))
        #expect(added.keptOpen == [one])
        #expect(try folder.read("psk/rights") == "dev-1: *\ndev-2: 7, 8\n")
        #expect(try editor.list().map(\.identity) == [one, two])
        #expect(try editor.list().map(\.products) == [.all, .only([7, 8])])

        try editor.rotate(two, to: key(3))
        #expect(try editor.list().last?.key.matches(key(3)) == true)
        try editor.revoke(two)
        #expect(
            try folder.read("psk/identities.psk")
                == "dev-1:01010101010101010101010101010101\n"
        )
        #expect(try folder.read("psk/rights") == "dev-1: *\n")
        try editor.revoke(one)
        #expect(
            try folder.read("psk/rights") == "",
            "it stays: without it everybody could read everything"
        )
    }

    @Test func whatPeopleWroteStays() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("# fleet\n\nold:00\n", to: "identities.psk", mode: 0o640)
        _ = try folder.write("# lab\ndev-*: 7\n", to: "rights", mode: 0o644)
        let editor = CredentialEditor(path: path)
        #expect(try editor.add(one, key: key(1), products: []).products == .only([7]))
        #expect(try editor.add(two, key: key(2), products: [9]).products == .only([7, 9]))
        #expect(try folder.read("identities.psk").hasPrefix("# fleet\n\nold:00\ndev-1:01"))
        #expect(try folder.read("rights") == "# lab\ndev-*: 7\ndev-2: 9\n")
        #expect(try folder.mode(of: "identities.psk") == 0o640)
        try editor.revoke(one)
        #expect(try folder.read("rights") == "# lab\ndev-*: 7\ndev-2: 9\n")
    }

    @Test func whatCannotBeDoneChangesNothing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("dev-1:00\n", to: "identities.psk")
        let editor = CredentialEditor(path: path)
        #expect(throws: CredentialStoreError.identityExists(path: path, one)) {
            try editor.add(one, key: key(1), products: [7])
        }
        #expect(throws: CredentialStoreError.identityMissing(path: path, two)) { try editor.revoke(two) }
        #expect(throws: CredentialStoreError.identityMissing(path: path, two)) { try editor.rotate(two, to: key(1)) }
        #expect(try folder.read("identities.psk") == "dev-1:00\n")
        #expect(folder.files().filter { $0.contains(".new-") || $0 == "rights" }.isEmpty)
    }

    @Test func manyAtOnceLoseNothing() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/identities.psk"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let key = try #require(PreSharedKey(bytes: [UInt8(number + 1)]))
                    _ = try CredentialEditor(path: path).add(
                        TestIdentity.named("dev-\(number)"),
                        key: key,
                        products: [UInt16(number)]
                    )
                }
            }
            try await group.waitForAll()
        }
        #expect(try CredentialEditor(path: path).list().count == 40)
        #expect(try RightsFile(parsing: Array(try folder.read("rights").utf8)).grants.count == 40)
    }

    /// psktool and this store read each other's files (gnutls-bin).
    @Test(arguments: ["dev-1", "we:ird", "sp ace", "ünï"])
    func psktoolReadsAndWritesTheSameFile(name: String) throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/identities.psk"
        let identity = TestIdentity.named(name)
        _ = try CredentialEditor(path: path).add(identity, key: key(7), products: [])
        _ = try CredentialEditor(path: path).add(TestIdentity.named("other"), key: key(8), products: [])
        try psktool("-u", name, "-p", path, "-s", "20")
        let entries = try CredentialEditor(path: path).list()
        #expect(entries.count == 2, "psktool found the identity that was there and gave it a new key")
        let changed = try #require(entries.first { $0.identity == identity })
        #expect(changed.key.byteCount == 20)
        try psktool("-u", "new-one", "-p", path)
        #expect(try CredentialEditor(path: path).list().count == 3)
        #expect(try CredentialStore(path: path).key(for: TestIdentity.named("new-one"))?.byteCount == 32)
    }

    private func psktool(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psktool"] + arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }
}
