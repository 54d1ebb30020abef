import Glibc
import HostSupport

/// Why a key file was not read or written.
public enum KeyFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is a file of this name already. Keys are never overwritten: devices in the field trust the old one.
    case exists(path: String)
    /// The system refused.
    case file(FileFailure)
    /// The system did not let a key file be made.
    case notCreated(FileFailure)
    /// What the file holds is not the key that is needed.
    case unusable(path: String, KeyError)
    /// Longer than any key file.
    case tooLarge(path: String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .exists(let path): "\(path) exists and keys are never overwritten; choose another name"
        case .file(let failure): "\(failure); \(KeyFileError.advice(failure))"
        case .notCreated(let failure):
            "\(failure)\(failure.isNotFound ? "; make the folder first: mkdir -p \(KeyFileError.folder(failure))" : "")"
        case .unusable(let path, let problem): "\(path) \(problem)"
        case .tooLarge(let path): "\(path) is too large for a key file; name a key in PEM"
        }
    }

    private static func folder(_ failure: FileFailure) -> String {
        failure.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private static func advice(_ failure: FileFailure) -> String {
        if failure.isNotFound { return "check the path, or make a key with: coap-fw-tool key generate KEY" }
        return failure.code == EISDIR ? "name the key's file in it" : failure.advice
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
        if (try? FileIdentity.of(publicPath)) != nil { throw .exists(path: publicPath) }
        try create(path, Array(texts.secret.utf8), mode: 0o600)
        do {
            try create(publicPath, Array(texts.open.utf8), mode: 0o644)
        } catch {
            // Made a moment ago by this very call, so nobody trusts it yet.
            Folder.removeFile(path)
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
        ((try? FileIdentity.of(path))?.permissions ?? 0) & 0o077 != 0
    }

    private static func create(_ path: String, _ bytes: [UInt8], mode: UInt32) throws(KeyFileError) {
        do throws(FileFailure) {
            let file = try OpenFile.creating(path, mode: mode)
            do throws(FileFailure) {
                try file.writeAll(bytes)
                try file.sync()
            } catch {
                Folder.removeFile(path)
                throw error
            }
        } catch {
            throw error.code == EEXIST ? .exists(path: path) : .notCreated(error)
        }
    }

    private static func read(_ path: String) throws(KeyFileError) -> String {
        let contents: (bytes: [UInt8], identity: FileIdentity)?
        do {
            contents = try AtomicFile.read(path, limit: maximumSizeBytes)
        } catch {
            throw .file(error)
        }
        guard let contents else { throw .tooLarge(path: path) }
        return String(decoding: contents.bytes, as: UTF8.self)
    }
}
