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
/// So does a file that may be half written: one that now ends in the middle of a line, one that was written in place
/// within the last two seconds and takes something away, and one that takes away much. The last stays unused until the
/// file is complete or somebody says that it is meant so (SIGHUP). What `coap-fw-tool` has written counts at once, see
/// ``EditRecord``.
///
/// Without a `rights` file every provisioned identity may read every product (``AccessRights/isUnrestricted``), which
/// the server says at start, unless rights are required. A rights file that vanishes later changes nothing.
///
/// Safe to use from any thread. Files are read and parsed by the thread that asks for it; nobody else waits for it.
public final class CredentialStore: Sendable {
    private struct State {
        var keys: KeyTable
        /// Whether their file ends in the middle of a line.
        var isCutOff: Bool
        /// The file in force.
        var keysFile: FileIdentity
        /// The file that need not be looked at again.
        var keysSeen: FileIdentity?
        /// Of identities that have another key by now.
        var retiring: RetiringKeys
        /// `nil`: there was no file.
        var rights: RightsFile?
        var rightsFile: FileIdentity?
        var rightsSeen: FileIdentity?
        var problems: [CredentialStoreError] = []
        /// Kept until the next look, so that it is not the thread which looked up a key last that frees all of them.
        var previous: CredentialSnapshot?
    }

    /// The PSK file.
    public let path: String
    /// The rights file, there or not.
    public let rightsPath: String
    private let anonymous: ProductSet
    /// Seconds since 1970.
    private let clock: @Sendable () -> Int64
    private let files = CredentialFiles(checksOwner: true)
    private let state: Mutex<State>
    /// Held for the time that it takes to copy a reference.
    private let current: Mutex<CredentialSnapshot>

    /// Reads the files for the first time.
    ///
    /// - Parameters:
    ///   - path: The PSK file.
    ///   - anonymous: What peers over plain CoAP may read: nothing, unless told.
    ///   - requiresRights: Whether a missing rights file is an error.
    ///   - clock: Seconds since 1970; the system's clock unless told.
    /// - Throws: ``CredentialStoreError`` when the PSK file is missing, open to others or wrong, or when there is a
    ///   rights file that is.
    public init(
        path: String,
        anonymous: ProductSet = .none,
        requiresRights: Bool = false,
        clock: (@Sendable () -> Int64)? = nil
    ) throws(CredentialStoreError) {
        self.path = path
        rightsPath = CredentialFiles.rightsPath(besides: path)
        self.anonymous = anonymous
        self.clock = clock ?? { RetiringKeys.now }
        let keys = try files.readKeys(path)
        var rights: CredentialFiles.Contents<RightsFile>?
        do {
            rights = try files.readRights(rightsPath)
        } catch {
            guard case .file(let failure) = error, failure.isNotFound else { throw error }
            if requiresRights { throw .rightsMissing(path: rightsPath) }
        }
        let state = State(
            keys: KeyTable(keys.file),
            isCutOff: keys.file.isCutOff,
            keysFile: keys.identity,
            keysSeen: keys.identity.isSettled ? keys.identity : nil,
            retiring: try files.readRetiring(RetiringKeys.path(besides: path)),
            rights: rights?.file,
            rightsFile: rights?.identity,
            rightsSeen: rights.flatMap { $0.identity.isSettled ? $0.identity : nil }
        )
        current = Mutex(
            CredentialSnapshot(
                keys: state.keys,
                retiring: state.retiring,
                rights: Self.rights(state.rights, anonymous)
            )
        )
        self.state = Mutex(state)
    }

    private static func rights(_ file: RightsFile?, _ anonymous: ProductSet) -> AccessRights {
        file.map { AccessRights($0, anonymous: anonymous) } ?? .unrestricted(anonymous: anonymous)
    }

    private var snapshot: CredentialSnapshot { current.withLock { $0 } }

    /// The key of an identity, `nil` when there is none.
    ///
    /// How long this takes depends on the identity, which travels in the clear, and not on any key.
    public func key(for identity: PSKIdentity) -> PreSharedKey? { snapshot.keys[identity] }

    /// The key that an identity had before, as long as it is good yet.
    public func previousKey(for identity: PSKIdentity) -> PreSharedKey? {
        let snapshot = snapshot
        guard let entry = snapshot.retiring.entries[identity], snapshot.keys[identity] != nil,
            entry.until > clock()
        else { return nil }
        return entry.key
    }

    /// The rights in force.
    public var rights: AccessRights { snapshot.rights }

    /// How many identities there are.
    public var identityCount: Int { snapshot.keys.count }

    /// Looks whether the files changed, and reads them if so.
    ///
    /// - Parameter isConfirmed: Whether somebody says that the files are as they are meant to be.
    /// - Returns: What changed, and what kept a file from being used.
    public func refresh(isConfirmed: Bool = false) -> CredentialRefresh {
        state.withLock { state in
            state.previous = nil
            var problems: [CredentialStoreError] = []
            let old = snapshot
            let changed = refreshKeys(&state, isConfirmed, &problems)
            let ended = refreshRetiring(&state, &problems)
            // Who has another key and may use the last one for a while keeps its sessions until then.
            let kept = state.retiring.entries
            let revoked = changed.map { identities in
                identities.filter { identity in
                    guard state.keys[identity] != nil, let key = old.keys[identity] else { return true }
                    return kept[identity]?.key.matches(key) != true
                }
            }
            let rights = refreshRights(&state, isConfirmed, &problems)
            if changed != nil || ended != nil || rights != nil {
                let new = CredentialSnapshot(
                    keys: state.keys,
                    retiring: state.retiring,
                    rights: rights ?? old.rights
                )
                state.previous = old
                current.withLock { $0 = new }
            }
            let fresh = problems.filter { !state.problems.contains($0) }
            state.problems = problems
            return CredentialRefresh(
                keysChanged: changed != nil,
                rightsChanged: rights.map { $0 != old.rights } ?? false,
                revoked: Array(Set((revoked ?? []) + (ended ?? []))),
                problems: fresh
            )
        }
    }

    private func isToolsWork(_ path: String, _ identity: FileIdentity) -> Bool {
        EditRecord.vouches(for: path, identity, in: EditRecord.path(besides: self.path))
    }

    /// - Returns: who lost a key; `nil`: the keys are what they were.
    private func refreshKeys(
        _ state: inout State,
        _ isConfirmed: Bool,
        _ problems: inout [CredentialStoreError]
    ) -> [PSKIdentity]? {
        if let seen = state.keysSeen, seen == (try? FileIdentity.of(path)) { return nil }
        // Looked at again next time, unless all is well: permissions and contents may be mended.
        state.keysSeen = nil
        do {
            let found = try files.readKeys(path)
            let (old, new) = (state.keys, KeyTable(found.file))
            let revoked = old.identities(otherThanIn: new)
            let decision = CredentialDecision(
                path,
                loss: CredentialLoss(removed: revoked.count, of: old.count),
                isCutOff: found.file.isCutOff && !state.isCutOff,
                identity: (found.identity, state.keysFile),
                isMeant: isConfirmed || isToolsWork(path, found.identity)
            )
            if case .refuse(let problem) = decision { problems.append(problem) }
            guard decision == .take else { return nil }
            state.keys = new
            state.isCutOff = found.file.isCutOff
            state.keysFile = found.identity
            state.keysSeen = found.identity.isSettled ? found.identity : nil
            return revoked.isEmpty && new.count == old.count ? nil : revoked
        } catch {
            problems.append(error)
            return nil
        }
    }

    /// Small and seldom there, so it is read at each look. After the keys: the tool writes it before them.
    /// - Returns: whose last key is good no more; `nil`: they are what they were.
    private func refreshRetiring(
        _ state: inout State,
        _ problems: inout [CredentialStoreError]
    ) -> [PSKIdentity]? {
        let old = state.retiring.entries
        do {
            var found = try files.readRetiring(RetiringKeys.path(besides: path))
            let now = clock()
            found.entries = found.entries.filter { $0.value.until > now }
            state.retiring = found
        } catch {
            problems.append(error)
            return nil
        }
        let new = state.retiring.entries
        let ended = old.filter { identity, entry in new[identity].map { !$0.key.matches(entry.key) } ?? true }
        let isSame = ended.isEmpty && new.count == old.count && new.allSatisfy { old[$0]?.until == $1.until }
        return isSame ? nil : Array(ended.keys)
    }

    /// - Returns: the rights of the file; `nil`: they are what they were.
    private func refreshRights(
        _ state: inout State,
        _ isConfirmed: Bool,
        _ problems: inout [CredentialStoreError]
    ) -> AccessRights? {
        if let seen = state.rightsSeen, seen == (try? FileIdentity.of(rightsPath)) { return nil }
        state.rightsSeen = nil
        do {
            let found = try files.readRights(rightsPath)
            // A first rights file takes rights away from everybody, which is what it is made for.
            let old = state.rights?.grants ?? []
            let kept = Set(found.file.grants)
            let decision = CredentialDecision(
                rightsPath,
                loss: CredentialLoss(removed: old.count { !kept.contains($0) }, of: old.count),
                isCutOff: found.file.isCutOff && state.rights?.isCutOff == false,
                identity: (found.identity, state.rightsFile),
                isMeant: isConfirmed || isToolsWork(rightsPath, found.identity)
            )
            if case .refuse(let problem) = decision { problems.append(problem) }
            guard decision == .take else { return nil }
            state.rights = found.file
            state.rightsFile = found.identity
            state.rightsSeen = found.identity.isSettled ? found.identity : nil
            return AccessRights(found.file, anonymous: anonymous)
        } catch {
            if case .file(let failure) = error, failure.isNotFound {
                if state.rights != nil { problems.append(.rightsRemoved(path: rightsPath)) }
            } else {
                problems.append(error)
            }
            return nil
        }
    }
}
