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
        /// Until when the key before is good too, as of RFC 3339.
        public let oldKeyUntil: String?
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
        let rights = try rights()
        let retiring = try CredentialFiles().readRetiring(RetiringKeys.path(besides: path)).entries
        let now = RetiringKeys.now
        return file.lines.compactMap {
            guard case .entry(let identity, let key) = $0 else { return nil }
            return Entry(
                identity: identity,
                key: key,
                products: rights.products(of: identity),
                oldKeyUntil: retiring[identity].flatMap { $0.until > now ? RetiringKeys.text($0.until) : nil }
            )
        }
    }

    /// What the rights file says, or that there is none.
    public func rights() throws(CredentialStoreError) -> AccessRights {
        try readRights().map { AccessRights($0) } ?? .unrestricted()
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
        let keptOpen = try add([NewIdentity(identity, key: key)], products: products)
        return Added(key: key, products: try rights().products(of: identity), keptOpen: keptOpen)
    }

    /// Removes an identity and its own lines in the rights file.
    public func revoke(_ identity: PSKIdentity) throws(CredentialStoreError) {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try CredentialFiles().readKeys(path).file
        guard file.keys[identity] != nil else { throw .identityMissing(path: path, identity) }
        // Keys first, the old one too: they are what lets the identity in. A rights file that becomes empty stays:
        // without it everybody could read everything.
        try retire(identity, nil)
        try write(file.removing(identity).serialized(), to: path, mode: 0o600)
        if let rights = try readRights(), rights.names(identity) {
            try write(rights.removing([.identity(identity)]).serialized(), to: rightsPath, mode: 0o644)
        }
    }

    /// Gives an identity another key.
    ///
    /// - Parameters:
    ///   - identity: Whose.
    ///   - key: The new key.
    ///   - seconds: For so long the old key is good too; 0: not at all.
    /// - Throws: ``CredentialStoreError``.
    public func rotate(
        _ identity: PSKIdentity,
        to key: PreSharedKey,
        keepingOldFor seconds: Int64 = 0
    ) throws(CredentialStoreError) {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try CredentialFiles().readKeys(path).file
        guard let old = file.keys[identity] else { throw .identityMissing(path: path, identity) }
        // Before the new key: at no moment is the old one good for nothing that is to be good yet.
        try retire(identity, seconds > 0 ? .init(key: old, until: RetiringKeys.now + seconds) : nil)
        try write(file.replacing(identity, key).serialized(), to: path, mode: 0o600)
    }

    /// Puts an identity's old key into its file, or takes it out; others' that are good no more go too.
    private func retire(_ identity: PSKIdentity, _ entry: RetiringKeys.Entry?) throws(CredentialStoreError) {
        let retiringPath = RetiringKeys.path(besides: path)
        var keys = try CredentialFiles().readRetiring(retiringPath)
        let now = RetiringKeys.now
        guard entry != nil || !keys.entries.isEmpty else { return }
        keys.entries = keys.entries.filter { $0.key != identity && $0.value.until > now }
        keys.entries[identity] = entry
        try write(keys.serialized(), to: retiringPath, mode: 0o600)
    }

    func readKeysOrNone() throws(CredentialStoreError) -> PSKFile {
        do {
            return try CredentialFiles().readKeys(path).file
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
            return PSKFile()
        }
    }

    func readRights() throws(CredentialStoreError) -> RightsFile? {
        do {
            return try CredentialFiles().readRights(rightsPath).file
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
            return nil
        }
    }

    func makeFolder() throws(CredentialStoreError) {
        let folder = Folder.parent(of: path)
        if (try? FileIdentity.of(folder)) != nil { return }
        do {
            try Folder.make(folder, mode: 0o700)
        } catch {
            throw .file(error)
        }
    }

    func lock() throws(CredentialStoreError) -> FileLock {
        if (try? FileIdentity.of(Folder.parent(of: path))) == nil {
            throw .file(FileFailure.notFound(path))
        }
        do {
            return try FileLock(EditRecord.path(besides: path))
        } catch {
            throw .file(error)
        }
    }

    func write(_ text: [UInt8], to path: String, mode: UInt32) throws(CredentialStoreError) {
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
