import Glibc

/// A file operation that the system refused: what was tried, on which path, and why.
public struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, as it reads after "cannot": `open`, `read`, `rename`, …
    public let operation: String
    /// The file or folder, as it was given.
    public let path: String
    /// `errno` of the failed call.
    public let code: Int32

    /// - Parameters:
    ///   - operation: A verb.
    ///   - path: The file or folder.
    ///   - code: `errno` of the failed call.
    public init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// Whether the file or a folder on the way to it does not exist.
    public var isNotFound: Bool { code == ENOENT || code == ENOTDIR }

    /// Whether a folder was to be replaced that has something in it.
    package var isNotEmpty: Bool { code == ENOTEMPTY || code == EEXIST }

    package static func notFound(_ path: String) -> FileFailure {
        FileFailure(operation: "open", path: path, code: ENOENT)
    }

    /// One line for a person.
    public var description: String {
        "cannot \(operation) \(path): \(reason)"
    }

    /// Why, as the system says it.
    package var reason: String { FileFailure.reason(code) }

    /// What to do about it, to stand after the description.
    public var advice: String {
        switch code {
        case ENOENT: "check the path"
        case ENOTDIR: "a part of the path is a file and no folder; correct the path"
        case EISDIR, EINVAL: "name a file"
        case EEXIST: "name another"
        case ELOOP, ENAMETOOLONG: "correct the path"
        case EACCES, EPERM: "change its permissions, or run this as its owner"
        case EROFS: "its disk cannot be written; choose another place"
        case ENOSPC, EDQUOT: "free some space and try again"
        case EFBIG: "raise the limit of the file size (ulimit -f) and try again"
        default: "check its disk and try again"
        }
    }

    package static func reason(_ code: Int32) -> String {
        // What this module says of pipes and devices where a file is needed.
        if code == EINVAL { return "it is not a regular file" }
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
