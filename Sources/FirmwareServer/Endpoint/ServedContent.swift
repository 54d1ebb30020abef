import Credentials
import HostSupport
import Logging

/// Catalog and credentials of a service, and what is published of them.
final class ServedContent: Sendable {
    let loader: CatalogLoader
    let credentials: CredentialStore
    let published: PublishedResources
    private let logger: Logger

    /// Reads everything for the first time.
    init(_ configuration: FirmwareService.Configuration, logger: Logger) throws(FirmwareServiceError) {
        do {
            // Plain CoAP has no identities: with --listen-plain everybody may read everything.
            credentials = try CredentialStore(
                path: configuration.psk,
                anonymous: configuration.listenPlain.isEmpty ? .none : .all,
                requiresRights: configuration.requiresRights
            )
        } catch {
            throw .credentials(error)
        }
        loader = CatalogLoader(root: configuration.images, limits: configuration.catalogLimits)
        let first: CatalogRefresh
        do {
            first = try loader.refresh()
        } catch {
            throw .images(error)
        }
        published = PublishedResources(
            FirmwareResources(catalog: first.snapshot, rights: credentials.rights)
        )
        self.logger = logger
        log(first)
    }

    /// The key of an identity for the handshake.
    func key(_ identity: [UInt8]) -> [UInt8]? {
        PSKIdentity(bytes: identity).flatMap { credentials.key(for: $0) }?.withBytes { Array($0) }
    }

    /// The key that it had before, as long as that is good too.
    func previousKey(_ identity: [UInt8]) -> [UInt8]? {
        PSKIdentity(bytes: identity).flatMap { credentials.previousKey(for: $0) }?.withBytes { Array($0) }
    }

    /// Looks at the images folder and publishes what is new.
    /// - Throws: when the folder cannot be listed; what was served stays.
    /// - Parameter isConfirmed: Whether somebody says that what is not there is meant to be gone.
    func refreshCatalog(isConfirmed: Bool) throws(FileFailure) {
        let refresh = try loader.refresh(at: Uptime.now, isConfirmed: isConfirmed)
        if refresh.changed { published.replace(catalog: refresh.snapshot) }
        published.sweep()
        log(refresh)
    }

    /// Looks at the credential files and puts new rights in force.
    /// - Parameter isConfirmed: Whether somebody says that the files are as they are meant to be.
    /// - Returns: identities whose sessions are to be closed.
    func refreshCredentials(isConfirmed: Bool) -> Set<PSKIdentity> {
        let refresh = credentials.refresh(isConfirmed: isConfirmed)
        if refresh.rightsChanged {
            published.replace(rights: credentials.rights)
            logger.info("rights changed", metadata: ["unrestricted": "\(credentials.rights.isUnrestricted)"])
        }
        if refresh.keysChanged {
            logger.info("identities changed", metadata: ["identities": "\(credentials.identityCount)"])
        }
        for problem in refresh.problems { logger.warning("\(problem)") }
        return Set(refresh.revoked)
    }

    func logStart() {
        logger.info(
            "serving",
            metadata: ["identities": "\(credentials.identityCount)", "images": "\(loader.root)"]
        )
        if credentials.rights.isUnrestricted {
            logger.notice(
                "there is no rights file: every provisioned identity may read every product",
                metadata: ["rights": "\(credentials.rightsPath)"]
            )
        }
    }

    private func log(_ refresh: CatalogRefresh) {
        for release in refresh.added {
            logger.info(
                "release served",
                metadata: ["pid": "\(release.productID)", "version": "\(release.versionText)"]
            )
        }
        for release in refresh.removed {
            logger.info(
                "release no longer served",
                metadata: ["pid": "\(release.productID)", "version": "\(release.versionText)"]
            )
        }
        for problem in refresh.newProblems { logger.warning("\(problem)") }
    }
}
