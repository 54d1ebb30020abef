import Glibc

/// Operations on folders and on names in them.
package enum Folder {
    /// The names in a folder but for `.` and `..`, in no order. Names that are not UTF-8 are left out.
    package static func names(in path: String) throws(FileFailure) -> [String] {
        guard let stream = opendir(path) else { throw FileFailure(operation: "list", path: path, code: errno) }
        return try names(takingOwnership: stream, path: path)
    }

    static func names(takingOwnership stream: OpaquePointer, path: String) throws(FileFailure) -> [String] {
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                if code != 0 { throw FileFailure(operation: "list", path: path, code: code) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
    }

    /// Makes one folder; one that is there already is fine.
    package static func make(_ path: String, mode: UInt32 = 0o755) throws(FileFailure) {
        if mkdir(path, mode_t(mode)) != 0 {
            let code = errno
            if code == EEXIST, (try? FileIdentity.of(path).isDirectory) == true { return }
            // Something else has the name.
            throw FileFailure(operation: "make the folder", path: path, code: code == EEXIST ? ENOTDIR : code)
        }
    }

    /// Makes one folder that must not be there yet (`EEXIST`).
    package static func makeNew(_ path: String, mode: UInt32 = 0o755) throws(FileFailure) {
        guard mkdir(path, mode_t(mode)) == 0 else {
            throw FileFailure(operation: "make the folder", path: path, code: errno)
        }
    }

    /// Makes entries made in, or renamed into, a folder survive a power cut.
    package static func sync(_ path: String) throws(FileFailure) {
        try OpenFile.folder(path).sync()
    }

    /// Gives `old` the name `new`. A file at `new` is replaced in one step; a folder is replaced only if it is empty.
    package static func rename(_ old: String, to new: String) throws(FileFailure) {
        guard Glibc.rename(old, new) == 0 else { throw FileFailure(operation: "rename to", path: new, code: errno) }
    }

    /// Removes a file; one that is not there is fine.
    package static func removeFile(_ path: String) {
        _ = unlink(path)
    }

    /// Removes an empty folder; one that is not there or not empty is left.
    package static func removeEmpty(_ path: String) {
        _ = rmdir(path)
    }

    /// The folder part of a path: `a/b` for `a/b/c`, `.` for `c`.
    package static func parent(of path: String) -> String {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.last == "/" { trimmed.removeLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        let parent = trimmed[..<slash]
        return parent.isEmpty ? "/" : String(parent)
    }
}
