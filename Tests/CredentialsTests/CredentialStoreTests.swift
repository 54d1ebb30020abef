import Credentials
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
