import HostSupport
import Synchronization

/// What a look at the credential files brought.
public struct CredentialRefresh: Sendable {
    /// Whether any identity was added, removed or got another key.
    public let keysChanged: Bool
    /// Whether the rights are others now.
    public let rightsChanged: Bool
    /// Identities that were removed or have another key now: sessions of theirs should be closed.
    public let revoked: [PSKIdentity]
    /// What kept a new file from being used; the old contents stay in force. Each is said once, not at every look.
    public let problems: [CredentialStoreError]
}

/// The server's keys and rights: a PSK file in GnuTLS's format and, beside it, `rights`; both looked at again when
/// asked, and a file that is bad then leaves the old contents in force.
///
/// Without a `rights` file every provisioned identity may read every product (``AccessRights/isUnrestricted``), which
/// the server says at start. A rights file that vanishes later changes nothing.
///
/// Safe to use from any thread.
public final class CredentialStore: Sendable {
    private struct State {
        var keys: [PSKIdentity: PreSharedKey]
        var keysIdentity: FileIdentity?
        var rights: AccessRights
        var rightsIdentity: FileIdentity?
        var problems: [CredentialStoreError] = []
    }

    /// The PSK file.
    public let path: String
    /// The rights file, there or not.
    public let rightsPath: String
    private let anonymous: ProductSet
    private let state: Mutex<State>

    /// Reads the files for the first time.
    ///
    /// - Parameters:
    ///   - path: The PSK file.
    ///   - anonymous: What peers over plain CoAP may read: nothing, unless told.
    /// - Throws: ``CredentialStoreError`` when the PSK file is missing, open to others or wrong, or when there is a
    ///   rights file that is.
    public init(path: String, anonymous: ProductSet = .none) throws(CredentialStoreError) {
        self.path = path
        rightsPath = CredentialFiles.rightsPath(besides: path)
        self.anonymous = anonymous
        let keys = try CredentialFiles.readKeys(path)
        var rights = AccessRights.unrestricted(anonymous: anonymous)
        var rightsIdentity: FileIdentity?
        do {
            let found = try CredentialFiles.readRights(rightsPath)
            rights = AccessRights(found.file, anonymous: anonymous)
            rightsIdentity = found.identity.isSettled ? found.identity : nil
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
        }
        state = Mutex(
            State(
                keys: keys.file.keys,
                keysIdentity: keys.identity.isSettled ? keys.identity : nil,
                rights: rights,
                rightsIdentity: rightsIdentity
            )
        )
    }

    /// The key of an identity, `nil` when there is none.
    ///
    /// How long this takes depends on the identity, which travels in the clear, and not on any key.
    public func key(for identity: PSKIdentity) -> PreSharedKey? {
        state.withLock { $0.keys[identity] }
    }

    /// The rights in force.
    public var rights: AccessRights { state.withLock { $0.rights } }

    /// How many identities there are.
    public var identityCount: Int { state.withLock { $0.keys.count } }

    /// Looks whether the files changed, and reads them if so.
    public func refresh() -> CredentialRefresh {
        state.withLock { state in
            var problems: [CredentialStoreError] = []
            let revoked = refreshKeys(&state, &problems)
            let rightsChanged = refreshRights(&state, &problems)
            let fresh = problems.filter { !state.problems.contains($0) }
            state.problems = problems
            return CredentialRefresh(
                keysChanged: revoked.changed,
                rightsChanged: rightsChanged,
                revoked: revoked.identities,
                problems: fresh
            )
        }
    }

    private func refreshKeys(
        _ state: inout State,
        _ problems: inout [CredentialStoreError]
    ) -> (changed: Bool, identities: [PSKIdentity]) {
        if let known = state.keysIdentity, known == (try? FileIdentity.of(path)) { return (false, []) }
        do {
            let found = try CredentialFiles.readKeys(path)
            let old = state.keys
            let new = found.file.keys
            state.keys = new
            state.keysIdentity = found.identity.isSettled ? found.identity : nil
            let revoked = old.filter { identity, key in new[identity].map { !$0.matches(key) } ?? true }.keys
            let isLarger = new.keys.contains { old[$0] == nil }
            return (isLarger || !revoked.isEmpty, Array(revoked))
        } catch {
            // Read again next time, whatever its times say: permissions and contents may be corrected.
            state.keysIdentity = nil
            problems.append(error)
            return (false, [])
        }
    }

    private func refreshRights(_ state: inout State, _ problems: inout [CredentialStoreError]) -> Bool {
        if let known = state.rightsIdentity, known == (try? FileIdentity.of(rightsPath)) { return false }
        do {
            let found = try CredentialFiles.readRights(rightsPath)
            let rights = AccessRights(found.file, anonymous: anonymous)
            let changed = rights != state.rights
            state.rights = rights
            state.rightsIdentity = found.identity.isSettled ? found.identity : nil
            return changed
        } catch {
            state.rightsIdentity = nil
            if case .file(let failure) = error, failure.isNotFound {
                if !state.rights.isUnrestricted { problems.append(.rightsRemoved(path: rightsPath)) }
            } else {
                problems.append(error)
            }
            return false
        }
    }
}
