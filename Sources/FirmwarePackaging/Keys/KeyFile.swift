import Glibc

/// Why a key file was not read or written.
public enum KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is a file of this name already. Keys are never overwritten: devices in the field trust the old one.
    case exists(path: String)
    /// The system refused; `code` is `errno`.
    case system(operation: String, path: String, code: Int32)
    /// What the file holds is not the key that is needed.
    case unusable(path: String, KeyError)
    /// Longer than any key file.
    case tooLarge(path: String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists and keys are never overwritten; choose another name"
        case .system(let operation, let path, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code))); \(KeyFileError.advice(code))"
        case .unusable(let path, let problem): "\(path) \(problem)"
        case .tooLarge(let path): "\(path) is too large for a key file; name a key in PEM"
        }
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: "check the path, or make a key with: coap-fw-tool key generate KEY"
        case EISDIR: "name the key's file in it"
        case EACCES, EPERM: "change its permissions, or run this as its owner"
        case ENOSPC, EDQUOT, EFBIG: "free some space, or raise the limit of the file size (ulimit -f)"
        default: "check its disk"
        }
    }
}

/// Key files on disk: `KEY` (private, mode 0600) and `KEY.pub`.
public enum KeyFile {
    private static let maximumSizeBytes = 64 << 10

    /// The public key's file beside a private one.
    public static func publicPath(of path: String) -> String { "\(path).pub" }

    /// Writes both files. Neither may exist.
    ///
    /// - Throws: ``KeyFileError``; nothing is left behind then.
    public static func write(_ key: SigningKey, to path: String) throws(KeyFileError) {
        let publicPath = publicPath(of: path)
        let texts: (secret: String, open: String)
        do {
            texts = (try key.pem(), try key.verificationKey.pem())
        } catch {
            throw .unusable(path: path, error)
        }
        if access(publicPath, F_OK) == 0 { throw .exists(path: publicPath) }
        try create(path, Array(texts.secret.utf8), mode: 0o600)
        do {
            try create(publicPath, Array(texts.open.utf8), mode: 0o644)
        } catch {
            // Made a moment ago by this very call, so nobody trusts it yet.
            unlink(path)
            throw error
        }
    }

    /// Reads a private key.
    public static func signingKey(_ path: String) throws(KeyFileError) -> SigningKey {
        let text = try read(path)
        do {
            return try SigningKey(pem: text)
        } catch {
            throw .unusable(path: path, error)
        }
    }

    /// Reads a public key.
    public static func verificationKey(_ path: String) throws(KeyFileError) -> VerificationKey {
        let text = try read(path)
        do {
            return try VerificationKey(pem: text)
        } catch {
            throw .unusable(path: path, error)
        }
    }

    /// Whether others than the owner may read a file: worth a warning when it is a private key.
    public static func isReadableByOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    private static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(KeyFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            let code = errno
            throw code == EEXIST ? .exists(path: path) : .system(operation: "create", path: path, code: code)
        }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                unlink(path)
                throw .system(operation: "write", path: path, code: code)
            }
            done += count
        }
        guard fsync(descriptor) == 0 else { throw .system(operation: "sync", path: path, code: errno) }
    }

    private static func read(_ path: String) throws(KeyFileError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .system(operation: "read", path: path, code: errno) }
            if count == 0 { break }
            contents += chunk[0..<count]
            if contents.count > maximumSizeBytes { throw .tooLarge(path: path) }
        }
        return String(decoding: contents, as: UTF8.self)
    }
}
