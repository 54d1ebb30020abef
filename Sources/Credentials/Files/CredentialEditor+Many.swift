extension CredentialEditor {
    /// An identity and its key.
    public struct NewIdentity: Sendable {
        /// The identity.
        public let identity: PSKIdentity
        /// Its key.
        public let key: PreSharedKey

        /// An identity that is to be added.
        public init(_ identity: PSKIdentity, key: PreSharedKey) {
            self.identity = identity
            self.key = key
        }
    }

    /// Adds identities, all or none, in one change of each file.
    ///
    /// - Parameters:
    ///   - added: None of them may be there yet.
    ///   - products: What each may read besides what patterns give it; empty leaves the rights file as it is.
    /// - Returns: Other identities that could read everything because there was no rights file, and were given lines in
    ///   the new one so that they still can.
    /// - Throws: ``CredentialStoreError``.
    @discardableResult
    public func add(_ added: [NewIdentity], products: Set<UInt16>) throws(CredentialStoreError) -> [PSKIdentity] {
        try makeFolder()
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let file = try readKeysOrNone()
        for entry in added where file.keys[entry.identity] != nil {
            throw .identityExists(path: path, entry.identity)
        }
        var keptOpen: [PSKIdentity] = []
        // Rights first: at no moment may a new identity read more than it was given.
        if !products.isEmpty {
            let rights = try readRights()
            if rights == nil { keptOpen = file.identities }
            let changed = (rights ?? RightsFile(lines: []))
                .setting(keptOpen.map { .identity($0) }, to: .all)
                .setting(added.map { .identity($0.identity) }, to: .only(products))
            try write(changed.serialized(), to: rightsPath, mode: 0o644)
        }
        try write(file.adding(added).serialized(), to: path, mode: 0o600)
        return keptOpen
    }
}
