import Glibc

/// An open folder, closed when nobody has it any more. What is looked up in it is found without following a symbolic
/// link, and stays what it is when somebody renames the folder meanwhile.
package final class OpenFolder: Sendable {
    private let descriptor: Int32
    /// For messages.
    package let path: String

    private init(takingOwnership descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        _ = close(descriptor)
    }

    /// Opens a folder that a person named; symbolic links on the way are followed.
    package convenience init(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        self.init(takingOwnership: descriptor, path: path)
    }

    /// Opens a folder in this one; a symbolic link is none (`ENOTDIR`).
    package func folder(_ name: String) throws(FileFailure) -> OpenFolder {
        let path = "\(path)/\(name)"
        let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw FileFailure(operation: "open", path: path, code: errno) }
        return OpenFolder(takingOwnership: opened, path: path)
    }

    /// Opens a file in this folder for reading; a symbolic link is an error (`ELOOP`). Pipes and devices are not waited
    /// for; whether it is a file is for the caller to see.
    package func file(_ name: String) throws(FileFailure) -> OpenFile {
        try OpenFile.reading(name, in: descriptor, path: "\(path)/\(name)")
    }

    /// What a name in this folder stands for, a symbolic link for itself.
    ///
    /// - Parameter name: A name, or a relative path whose folders the caller has seen to be no links.
    /// - Returns: Its identity.
    /// - Throws: ``FileFailure``.
    package func identity(of name: String) throws(FileFailure) -> FileIdentity {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw FileFailure(operation: "look at", path: "\(path)/\(name)", code: errno)
        }
        return FileIdentity(status)
    }

    /// The folder's own identity.
    package func identity() throws(FileFailure) -> FileIdentity {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileFailure(operation: "look at", path: path, code: errno)
        }
        return FileIdentity(status)
    }

    /// The names in the folder but for `.` and `..`, in no order. Names that are not UTF-8 are left out.
    package func names() throws(FileFailure) -> [String] {
        // A descriptor of its own, as reading moves its position.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw FileFailure(operation: "list", path: path, code: errno) }
        guard let stream = fdopendir(copy) else {
            let code = errno
            _ = close(copy)
            throw FileFailure(operation: "list", path: path, code: code)
        }
        return try Folder.names(takingOwnership: stream, path: path)
    }
}
