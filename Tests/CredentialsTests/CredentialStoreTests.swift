import Credentials
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct CredentialStoreTests {
    let one = TestIdentity.named("dev-1")
    let two = TestIdentity.named("dev-2")

    @Test func keysAreFoundAndReloaded() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("dev-1:00\n", to: "identities.psk")
        let store = try CredentialStore(path: path)
        #expect(store.key(for: one)?.revealedHex() == "00")
        #expect(store.key(for: two) == nil)
        #expect(store.rights.isUnrestricted)
        #expect(store.refresh().keysChanged == false)

        _ = try folder.write("dev-1:01\ndev-2:02\n", to: "identities.psk")
        let changed = store.refresh()
        #expect(changed.keysChanged)
        #expect(changed.revoked == [one], "a session made with the old key should not go on")
        #expect(store.key(for: one)?.revealedHex() == "01")
        _ = try folder.write("dev-1:01\n", to: "identities.psk")
        #expect(store.refresh().revoked == [two])
        _ = try folder.write("dev-1:01\ndev-3:02\n", to: "identities.psk")
        let grown = store.refresh()
        #expect(grown.keysChanged && grown.revoked.isEmpty)
    }

    /// A key that was replaced is good for the time that was stated, and its sessions end with it.
    @Test func anOldKeyIsGoodForTheStatedTimeAndThenRevoked() throws {
        let folder = try TemporaryFolder()
        let key = String(repeating: "0a", count: 16)
        let path = try folder.write("dev-1:\(key)\ndev-2:\(key)\n", to: "identities.psk")
        let ahead = Mutex<Int64>(0)
        let store = try CredentialStore(path: path, clock: { Int64(time(nil)) + ahead.withLock { $0 } })
        let editor = CredentialEditor(path: path)
        let next = try #require(CredentialEditor.randomKey())
        try editor.rotate(one, to: next, keepingOldFor: 3600)
        let rotated = store.refresh()
        #expect(rotated.keysChanged && rotated.revoked.isEmpty && rotated.problems.isEmpty)
        #expect(store.key(for: one)?.matches(next) == true)
        #expect(store.previousKey(for: one)?.revealedHex() == key && store.previousKey(for: two) == nil)
        #expect(try folder.mode(of: "identities.psk.old") == 0o600)
        #expect(try editor.list().map { $0.oldKeyUntil != nil } == [true, false])
        // A server that starts meanwhile takes it too.
        #expect(try CredentialStore(path: path).previousKey(for: one)?.revealedHex() == key)

        ahead.withLock { $0 = 3599 }
        #expect(store.refresh().revoked.isEmpty && store.previousKey(for: one) != nil)
        ahead.withLock { $0 = 3601 }
        #expect(store.previousKey(for: one) == nil, "at once, not at the next look")
        #expect(store.refresh().revoked == [one])
        #expect(store.refresh().revoked.isEmpty)
        #expect(store.key(for: one)?.matches(next) == true)
    }

    /// Another rotation, and a revocation, end the key before the last; a wrong file changes nothing.
    @Test func oldKeysEndWithAnotherRotationAndWithRevocation() throws {
        let folder = try TemporaryFolder()
        let key = String(repeating: "0a", count: 16)
        let path = try folder.write("dev-1:\(key)\ndev-2:\(key)\n", to: "identities.psk")
        let store = try CredentialStore(path: path)
        let editor = CredentialEditor(path: path)
        let keys = try (0..<3).map { _ in try #require(CredentialEditor.randomKey()) }
        try editor.rotate(one, to: keys[0], keepingOldFor: 60)
        #expect(store.refresh().revoked.isEmpty)
        try editor.rotate(one, to: keys[1], keepingOldFor: 60)
        #expect(store.refresh().revoked == [one], "whoever uses the first key")
        #expect(store.previousKey(for: one)?.matches(keys[0]) == true)
        let old = try folder.read("identities.psk.old")
        _ = try folder.write("dev-1:00:yesterday\n", to: "identities.psk.old")
        #expect(store.refresh().problems == [.invalid(path: "\(path).old", .badTime(line: 1))])
        #expect(store.previousKey(for: one)?.matches(keys[0]) == true)
        _ = try folder.write(old, to: "identities.psk.old")
        #expect(store.refresh().revoked.isEmpty)
        try editor.rotate(one, to: keys[2])
        #expect(store.refresh().revoked == [one])
        #expect(store.previousKey(for: one) == nil)
        try editor.rotate(two, to: keys[0], keepingOldFor: 60)
        _ = store.refresh()
        try editor.revoke(two)
        #expect(store.refresh().revoked == [two])
        #expect(store.previousKey(for: two) == nil)
        #expect(try folder.read("identities.psk.old") == "")
    }

    @Test func aBadNewFileLeavesTheOldKeysAndIsSaidOnce() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("dev-1:00\n", to: "identities.psk")
        let store = try CredentialStore(path: path)
        _ = try folder.write("dev-1:zz\n", to: "identities.psk")
        #expect(store.refresh().problems == [.invalid(path: path, .badKey(line: 1))])
        #expect(store.refresh().problems.isEmpty)
        #expect(store.key(for: one) != nil)
        _ = try folder.write("dev-1:01\n", to: "identities.psk", mode: 0o644)
        #expect(store.refresh().problems == [.openToAll(path: path, permissions: 0o644)])
        #expect(store.key(for: one)?.revealedHex() == "00")
        try folder.remove("identities.psk")
        #expect(store.refresh().problems.count == 1)
        #expect(store.key(for: one)?.revealedHex() == "00")
        // The new file may have got the inode of the old one, and then seems to be written in place just now.
        _ = try folder.write("dev-1:01\n", to: "identities.psk", mode: 0o640)
        #expect(store.refresh(isConfirmed: true).problems.isEmpty)
        #expect(store.key(for: one)?.revealedHex() == "01")
    }

    @Test(arguments: [(0o600, true), (0o640, true), (0o400, true), (0o604, false), (0o602, false), (0o620, false)])
    func whoElseMayReadTheFile(mode: Int, accepted: Bool) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("dev-1:00\n", to: "identities.psk", mode: mode)
        if accepted {
            _ = try CredentialStore(path: path)
        } else {
            #expect(throws: CredentialStoreError.self) { try CredentialStore(path: path) }
        }
    }

    @Test func rightsAreReloadedAndTheirRemovalOpensNothing() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("dev-1:00\n", to: "identities.psk")
        let rightsPath = try folder.write("dev-1: 7\n", to: "rights", mode: 0o644)
        let store = try CredentialStore(path: path)
        #expect(store.rights.products(of: one) == .only([7]))
        _ = try folder.write("dev-1: 8\n", to: "rights", mode: 0o644)
        #expect(store.refresh().rightsChanged)
        #expect(store.rights.products(of: one) == .only([8]))
        try folder.remove("rights")
        #expect(store.refresh().problems == [.rightsRemoved(path: rightsPath)])
        #expect(store.refresh().problems.isEmpty)
        #expect(store.rights.products(of: one) == .only([8]))
        _ = try folder.write("dev-1 8\n", to: "rights", mode: 0o644)
        #expect(store.refresh().problems == [.invalid(path: rightsPath, .noColon(line: 1))])
        _ = try folder.write("dev-1: 9\n", to: "rights", mode: 0o666)
        #expect(store.refresh().problems == [.openToAll(path: rightsPath, permissions: 0o666)])
        #expect(store.rights.products(of: one) == .only([8]))
    }

    @Test func rightsThatAppearLaterCount() throws {
        let folder = try TemporaryFolder()
        let store = try CredentialStore(path: try folder.write("dev-1:00\n", to: "identities.psk"))
        _ = try folder.write("dev-1: 7\n", to: "rights", mode: 0o644)
        #expect(store.refresh().rightsChanged)
        #expect(!store.rights.isUnrestricted)
    }

    @Test func badFilesAtStart() throws {
        let folder = try TemporaryFolder()
        #expect(throws: CredentialStoreError.self) { try CredentialStore(path: "\(folder.path)/none") }
        let path = try folder.write("dev-1:00\n", to: "identities.psk")
        _ = try folder.write("x\n", to: "rights", mode: 0o644)
        #expect(throws: CredentialStoreError.invalid(path: "\(folder.path)/rights", .noColon(line: 1))) {
            try CredentialStore(path: path)
        }
        #expect(throws: CredentialStoreError.self) { try CredentialStore(path: folder.path) }
    }
}
