import FirmwareImage
import Glibc
import HostSupport

/// Why a release was not published.
public enum PublishError: Error, Equatable, Sendable, CustomStringConvertible {
    /// This version is there already. Releases are never overwritten: a device may hold a part of it.
    case alreadyPublished(path: String)
    /// The catalog has a higher version, so no device would take this one.
    case notNewest(path: String, current: String)
    /// There is no such release to withdraw.
    case notPublished(path: String)
    /// There is no such release among the withdrawn.
    case notWithdrawn(path: String)
    /// The system refused.
    case file(FileFailure)

    /// One line for a person: what, where, and what to do next.
    public var description: String {
        switch self {
        case .alreadyPublished(let path):
            "\(path) is published already and is never overwritten; release under a higher version"
        case .notNewest(let path, let current):
            "\(path) would not be the current release, \(current) is; raise the version or give --force-older"
        case .notPublished(let path):
            "\(path) is not there; see: coap-fw-tool releases list"
        case .notWithdrawn(let path):
            "\(path) was not withdrawn; see: coap-fw-tool releases list"
        case .file(let failure):
            "\(failure)"
        }
    }
}

/// Puts finished payloads into an images folder, so that a server, and a machine after a power cut, sees a release
/// whole or not at all.
///
/// The payload is written and synced in `Images/.staging-…/`, then that folder gets the version's name in one rename.
public struct ReleasePublisher: Sendable {
    /// The images folder.
    public let root: String

    /// - Parameter root: The images folder; it is made when it is not there, the folder around it must be.
    public init(root: String) {
        self.root = root
    }

    /// The highest version published of a product.
    public func currentVersion(of productID: UInt16) -> ImageVersion? {
        let names = (try? Folder.names(in: "\(root)/\(productID)")) ?? []
        return names.compactMap { ReleaseLayout.version($0.utf8) }
            .filter { FileProbe.isFile(ReleaseLayout.payloadPath(root: root, productID: productID, version: $0)) }
            .max()
    }

    /// Whether a release may be published: it is not there yet and, unless `allowsOlder`, newer than all others.
    public func check(productID: UInt16, version: ImageVersion, allowsOlder: Bool) throws(PublishError) {
        let folder = "\(root)/\(productID)/\(ReleaseLayout.text(version))"
        let withdrawn = "\(root)/\(productID)/\(ReleaseLayout.withdrawnPrefix)\(ReleaseLayout.text(version))"
        for path in [folder, withdrawn] where (try? FileIdentity.of(path)) != nil {
            throw .alreadyPublished(path: path)
        }
        if !allowsOlder, let current = currentVersion(of: productID), current > version {
            throw .notNewest(path: folder, current: ReleaseLayout.text(current))
        }
    }

    /// Publishes a payload.
    ///
    /// - Parameters:
    ///   - payload: The bytes that devices get.
    ///   - productID: The product, 0…65535.
    ///   - version: The version. It must not be published yet.
    ///   - allowsOlder: Also when a higher version is published.
    /// - Returns: The path of the payload file.
    /// - Throws: ``PublishError``; nothing is published then.
    public func publish(
        _ payload: [UInt8],
        productID: UInt16,
        version: ImageVersion,
        allowsOlder: Bool
    ) throws(PublishError) -> String {
        try check(productID: productID, version: version, allowsOlder: allowsOlder)
        let text = ReleaseLayout.text(version)
        let product = "\(root)/\(productID)"
        let staging = "\(root)/.staging-\(productID)-\(text)-\(getpid())"
        // A leftover of a process with this number that died here before.
        discard(staging)
        do {
            try Folder.make(root)
            try Folder.makeNew(staging)
            try write(payload, to: "\(staging)/\(ReleaseLayout.payloadName)")
            // What was published, for the server to compare with what it finds, and for: sha256sum --check
            let digest = PayloadDescription.digest(of: payload.span.bytes)
            try write(ReleaseDigestFile.text(digest), to: "\(staging)/\(ReleaseLayout.digestName)")
            try Folder.sync(staging)
            try Folder.make(product)
            try Folder.rename(staging, to: "\(product)/\(text)")
            try Folder.sync(product)
            try Folder.sync(root)
        } catch {
            discard(staging)
            // Two publishers at once: the kernel replaces empty folders only, so one of them loses.
            if error.isNotEmpty { throw .alreadyPublished(path: "\(product)/\(text)") }
            throw .file(error)
        }
        return ReleaseLayout.payloadPath(root: root, productID: productID, version: version)
    }

    private func write(_ payload: [UInt8], to path: String) throws(FileFailure) {
        let file = try OpenFile.creating(path, mode: 0o644)
        try file.writeAll(payload)
        try file.sync()
    }

    private func discard(_ staging: String) {
        Folder.removeFile("\(staging)/\(ReleaseLayout.payloadName)")
        Folder.removeFile("\(staging)/\(ReleaseLayout.digestName)")
        Folder.removeEmpty(staging)
    }
}

private enum FileProbe {
    static func isFile(_ path: String) -> Bool {
        (try? FileIdentity.of(path).isRegularFile) == true
    }
}
