import Crypto
import HostSupport

/// Changes the credential files: adds, removes and re-keys identities, one editor at a time.
///
/// A change holds a lock (`identities.psk.lock`), reads the files, and replaces each in one step: written aside,
/// synced, renamed. A server that reads them meanwhile finds the old contents or the new.
public struct CredentialEditor: Sendable {
    /// One identity as it is listed.
    public struct Entry: Sendable {
        /// Who it is.
        public let identity: PSKIdentity
        /// The key.
        public let key: PreSharedKey
        /// What it may read.
        public let products: ProductSet
    }

    /// What was added.
    public struct Added: Sendable {
        /// The new key.
        public let key: PreSharedKey
        /// What it may read now.
        public let products: ProductSet
        /// Other identities that could read everything because there was no rights file, and were given lines in the
        /// new one so that they still can.
        public let keptOpen: [PSKIdentity]
    }

    /// The PSK file.
    public let path: String
    /// The rights file, there or not.
    public let rightsPath: String

    /// - Parameter path: The PSK file; it need not exist yet.
    public init(path: String) {
        self.path = path
        rightsPath = CredentialFiles.rightsPath(besides: path)
    }

    /// A random key of 16 bytes.
    public static func randomKey() -> PreSharedKey? {
        SymmetricKey(size: .bits128).withUnsafeBytes { PreSharedKey(bytes: $0) }
    }

    /// All identities in the file's order.
    public func list() throws(CredentialStoreError) -> [Entry] {
        let file = try CredentialFiles().readKeys(path).file
        let rights = try readRights().map { AccessRights($0) } ?? .unrestricted()
        return file.lines.compactMap {
            guard case .entry(let identity, let key) = $0 else { return nil }
            return Entry(identity: identity, key: key, products: rights.products(of: identity))
        }
    }

    /// Adds an identity; makes the PSK file, and its folder, when they are not there.
    ///
    /// - Parameters:
    ///   - identity: It must not be there yet.
    ///   - key: Its key.
    ///   - products: What it may read besides what patterns give it; empty leaves the rights file as it is.
    /// - Returns: The key, and what the identity may read now.
    /// - Throws: ``CredentialStoreError``.
    public func add(
        _ identity: PSKIdentity,
        key: PreSharedKey,
        products: Set<UInt16>
    ) throws(CredentialStoreError) -> Added {
        try makeFolder()
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try readKeysOrNone()
        if file.keys[identity] != nil { throw .identityExists(path: path, identity) }
        var rights = try readRights()
        var keptOpen: [PSKIdentity] = []
        // Rights first: at no moment may the new identity read more than it was given.
        if !products.isEmpty {
            if rights == nil { keptOpen = file.identities }
            let changed = (rights ?? RightsFile(lines: []))
                .setting(keptOpen, to: .all)
                .setting([identity], to: .only(products))
            try write(changed.serialized(), to: rightsPath, mode: 0o644)
            rights = changed
        }
        try write(file.adding(identity, key).serialized(), to: path, mode: 0o600)
        let granted = rights.map { AccessRights($0).products(of: identity) } ?? .all
        return Added(key: key, products: granted, keptOpen: keptOpen)
    }

    /// Removes an identity and its own lines in the rights file.
    public func revoke(_ identity: PSKIdentity) throws(CredentialStoreError) {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try CredentialFiles().readKeys(path).file
        guard file.keys[identity] != nil else { throw .identityMissing(path: path, identity) }
        // The key first: it is what lets the identity in. A rights file that becomes empty stays: without it everybody
        // could read everything.
        try write(file.removing(identity).serialized(), to: path, mode: 0o600)
        if let rights = try readRights(), rights.names(identity) {
            try write(rights.removing([identity]).serialized(), to: rightsPath, mode: 0o644)
        }
    }

    /// Gives an identity another key.
    public func rotate(_ identity: PSKIdentity, to key: PreSharedKey) throws(CredentialStoreError) {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try CredentialFiles().readKeys(path).file
        guard file.keys[identity] != nil else { throw .identityMissing(path: path, identity) }
        try write(file.replacing(identity, key).serialized(), to: path, mode: 0o600)
    }

    private func readKeysOrNone() throws(CredentialStoreError) -> PSKFile {
        do {
            return try CredentialFiles().readKeys(path).file
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
            return PSKFile()
        }
    }

    private func readRights() throws(CredentialStoreError) -> RightsFile? {
        do {
            return try CredentialFiles().readRights(rightsPath).file
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
            return nil
        }
    }

    private func makeFolder() throws(CredentialStoreError) {
        let folder = Folder.parent(of: path)
        if (try? FileIdentity.of(folder)) != nil { return }
        do {
            try Folder.make(folder, mode: 0o700)
        } catch {
            throw .file(error)
        }
    }

    private func lock() throws(CredentialStoreError) -> FileLock {
        if (try? FileIdentity.of(Folder.parent(of: path))) == nil {
            throw .file(FileFailure.notFound(path))
        }
        do {
            return try FileLock(EditRecord.path(besides: path))
        } catch {
            throw .file(error)
        }
    }

    private func write(_ text: [UInt8], to path: String, mode: UInt32) throws(CredentialStoreError) {
        do {
            // What the owner made of an existing file's mode stays, as far as the server accepts it.
            let old = try? FileIdentity.of(path).permissions
            try AtomicFile.write(text, to: path, mode: old ?? mode)
            try EditRecord.note(path, in: EditRecord.path(besides: self.path))
        } catch {
            throw .file(error)
        }
    }
}
