extension CredentialEditor {
    /// Gives an identity, or those that a pattern fits, the right to products.
    ///
    /// - Parameters:
    ///   - subject: Whom.
    ///   - products: What they may read from now on.
    ///   - only: Instead of what the subject's own lines give now; otherwise besides that.
    /// - Returns: Identities that could read everything because there was no rights file, and were given lines in the
    ///   new one so that they still can.
    /// - Throws: ``CredentialStoreError``.
    @discardableResult
    public func grant(
        _ subject: RightsFile.Subject,
        _ products: ProductSet,
        only: Bool = false
    ) throws(CredentialStoreError) -> [PSKIdentity] {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let rights = try readRights()
        // Without a file everybody reads everything, and who is not meant keeps that.
        var keptOpen = rights == nil ? try CredentialFiles().readKeys(path).file.identities : []
        if only { keptOpen.removeAll { subject.fits($0) } }
        let started = (rights ?? RightsFile(lines: [])).setting(keptOpen.map { .identity($0) }, to: .all)
        let old = only ? .none : started.products(of: subject) ?? .none
        try write(started.setting([subject], to: old.union(products)).serialized(), to: rightsPath, mode: 0o644)
        return keptOpen
    }

    /// Takes products from the line of an identity or a pattern. Other lines that fit an identity still hold.
    ///
    /// - Parameters:
    ///   - subject: Whom.
    ///   - products: What the line gives no more.
    /// - Throws: ``CredentialStoreError``; `notGranted` when no line of the subject's own names products.
    public func deny(_ subject: RightsFile.Subject, _ products: Set<UInt16>) throws(CredentialStoreError) {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        guard let rights = try readRights(), case .only(let granted)? = rights.products(of: subject) else {
            throw .notGranted(path: rightsPath, subject: "\(subject)")
        }
        let left = ProductSet.only(granted.subtracting(products))
        try write(rights.setting([subject], to: left).serialized(), to: rightsPath, mode: 0o644)
    }

    /// Lines of the rights file that fit no identity of the key file: nearly always a slip of the pen.
    ///
    /// - Returns: What stands before their colons.
    /// - Throws: ``CredentialStoreError``.
    public func idleGrants() throws(CredentialStoreError) -> [RightsFile.Subject] {
        let identities = try readKeysOrNone().identities
        let known = Set(identities)
        return (try readRights()?.grants ?? []).map(\.subject).filter { subject in
            if case .identity(let identity) = subject { return !known.contains(identity) }
            return !identities.contains { subject.fits($0) }
        }
    }
}

extension RightsFile.Subject {
    /// Whether a line about it is about this identity too.
    func fits(_ identity: PSKIdentity) -> Bool {
        switch self {
        case .identity(let named): named == identity
        case .pattern(let text): IdentityPattern(text.utf8).matches(identity)
        }
    }
}
