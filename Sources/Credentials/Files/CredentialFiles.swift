import HostSupport

/// Reads the two credential files from disk, with the checks on who else may read or write them.
enum CredentialFiles {
    /// The rights file that belongs to a PSK file: `rights` in the same folder.
    static func rightsPath(besides pskPath: String) -> String {
        "\(Folder.parent(of: pskPath))/rights"
    }

    static func readKeys(_ path: String) throws(CredentialStoreError) -> (file: PSKFile, identity: FileIdentity) {
        let contents = try read(path, limit: PSKFile.maximumSizeBytes)
        // Keys: nobody but the owner, and the group if the owner lets it, reads them.
        if contents.identity.permissions & 0o007 != 0 {
            throw .openToAll(path: path, permissions: contents.identity.permissions)
        }
        try refuseGroupWritable(path, contents.identity)
        do {
            return (try PSKFile(parsing: contents.bytes), contents.identity)
        } catch {
            throw .invalid(path: path, error)
        }
    }

    static func readRights(_ path: String) throws(CredentialStoreError) -> (file: RightsFile, identity: FileIdentity) {
        let contents = try read(path, limit: RightsFile.maximumSizeBytes)
        // Rights are no secret, but who writes them gives them.
        if contents.identity.permissions & 0o002 != 0 {
            throw .openToAll(path: path, permissions: contents.identity.permissions)
        }
        try refuseGroupWritable(path, contents.identity)
        do {
            return (try RightsFile(parsing: contents.bytes), contents.identity)
        } catch {
            throw .invalid(path: path, error)
        }
    }

    private static func refuseGroupWritable(
        _ path: String,
        _ identity: FileIdentity
    ) throws(CredentialStoreError) {
        if identity.permissions & 0o020 != 0 {
            throw .groupWritable(path: path, permissions: identity.permissions)
        }
    }

    private static func read(
        _ path: String,
        limit: Int
    ) throws(CredentialStoreError) -> (bytes: [UInt8], identity: FileIdentity) {
        let contents: (bytes: [UInt8], identity: FileIdentity)?
        do {
            contents = try AtomicFile.read(path, limit: limit)
        } catch {
            throw .file(error)
        }
        guard let contents else { throw .invalid(path: path, .tooLarge(limitBytes: limit)) }
        return contents
    }
}

extension PSKFile {
    /// Reads a file of keys, unless others than its owner and, for reading, its group may read or write it.
    ///
    /// - Throws: ``CredentialStoreError``.
    public static func read(_ path: String) throws(CredentialStoreError) -> PSKFile {
        try CredentialFiles.readKeys(path).file
    }
}
