import Glibc
import HostSupport

/// Reads the two credential files from disk, with the checks on who else may read or write them.
struct CredentialFiles {
    /// Whether files and folder must belong to root or to this process's user. A server asks for it; who runs the tool
    /// as root may edit another user's files.
    var checksOwner = false

    /// A file and the identity that it was read under.
    struct Contents<File> {
        let file: File
        let identity: FileIdentity
    }

    /// The rights file that belongs to a PSK file: `rights` in the same folder.
    static func rightsPath(besides pskPath: String) -> String {
        "\(Folder.parent(of: pskPath))/rights"
    }

    func readKeys(_ path: String) throws(CredentialStoreError) -> Contents<PSKFile> {
        // Keys: nobody but the owner, and the group if the owner lets it, reads them.
        let contents = try read(path, limit: PSKFile.maximumSizeBytes, forbidden: 0o007)
        do {
            return Contents(file: try PSKFile(parsing: contents.bytes), identity: contents.identity)
        } catch {
            throw .invalid(path: path, error)
        }
    }

    /// Keys that are good for a while yet; none if there is no file.
    func readRetiring(_ path: String) throws(CredentialStoreError) -> RetiringKeys {
        let contents: (bytes: [UInt8], identity: FileIdentity)
        do {
            contents = try read(path, limit: PSKFile.maximumSizeBytes, forbidden: 0o007)
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
            return RetiringKeys()
        }
        do {
            return try RetiringKeys.parse(contents.bytes)
        } catch {
            throw .invalid(path: path, error)
        }
    }

    func readRights(_ path: String) throws(CredentialStoreError) -> Contents<RightsFile> {
        // Rights are no secret, but who writes them gives them.
        let contents = try read(path, limit: RightsFile.maximumSizeBytes, forbidden: 0o002)
        do {
            return Contents(file: try RightsFile(parsing: contents.bytes), identity: contents.identity)
        } catch {
            throw .invalid(path: path, error)
        }
    }

    private func read(
        _ path: String,
        limit: Int,
        forbidden: UInt32
    ) throws(CredentialStoreError) -> (bytes: [UInt8], identity: FileIdentity) {
        let contents: (bytes: [UInt8], identity: FileIdentity)?
        let folder = Folder.parent(of: path)
        let folderIdentity: FileIdentity
        do {
            contents = try AtomicFile.read(path, limit: limit)
            folderIdentity = try FileIdentity.of(folder)
        } catch {
            throw .file(error)
        }
        guard let contents else { throw .invalid(path: path, .tooLarge(limitBytes: limit)) }
        let permissions = contents.identity.permissions
        if permissions & forbidden != 0 { throw .openToAll(path: path, permissions: permissions) }
        if permissions & 0o020 != 0 { throw .groupWritable(path: path, permissions: permissions) }
        if checksOwner {
            try checkOwner(path, contents.identity)
            try checkOwner(folder, folderIdentity)
        }
        // In a folder with the sticky bit only owners replace their files.
        if folderIdentity.permissions & 0o022 != 0, folderIdentity.permissions & 0o1000 == 0 {
            throw .openFolder(path: folder, permissions: folderIdentity.permissions)
        }
        return contents
    }

    private func checkOwner(_ path: String, _ identity: FileIdentity) throws(CredentialStoreError) {
        if identity.owner != 0, identity.owner != geteuid() { throw .otherOwner(path: path, user: identity.owner) }
    }
}

extension PSKFile {
    /// Reads a file of keys, unless others than its owner and, for reading, its group may read or write it.
    ///
    /// - Throws: ``CredentialStoreError``.
    public static func read(_ path: String) throws(CredentialStoreError) -> PSKFile {
        try CredentialFiles().readKeys(path).file
    }
}
