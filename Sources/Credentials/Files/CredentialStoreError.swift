import HostSupport

/// Why a credential file is not used, or was not changed.
public enum CredentialStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system refused.
    case file(FileFailure)
    /// Everybody on the machine may read or write the file; it is not used.
    case openToAll(path: String, permissions: UInt32)
    /// The group may write the file; it is not used. (That the group may read the keys is the owner's choice.)
    case groupWritable(path: String, permissions: UInt32)
    /// The file, or the folder that it is in, belongs to another user than the server's and root.
    case otherOwner(path: String, user: UInt32)
    /// Others than the owner may put another file in the place of one in this folder.
    case openFolder(path: String, permissions: UInt32)
    /// The file ends in the middle of a line and did not before: it is not whole yet, or was cut off.
    case cutOff(path: String)
    /// The file would take the keys or rights of many at once: it may be half written.
    case removesMany(path: String, removed: Int, of: Int)
    /// There has to be a rights file, and there is none.
    case rightsMissing(path: String)
    /// The contents are wrong.
    case invalid(path: String, CredentialProblem)
    /// The rights file was there and is gone: what it said stays in force, because without it everybody could read
    /// everything.
    case rightsRemoved(path: String)
    /// There is no line of the subject's own that names products.
    case notGranted(path: String, subject: String)
    /// An identity that is to be added is there already.
    case identityExists(path: String, PSKIdentity)
    /// An identity that is to be changed is not there.
    case identityMissing(path: String, PSKIdentity)

    /// One line for a person: what, where, and what to do next.
    public var description: String {
        switch self {
        case .file(let failure):
            "\(failure)"
        case .openToAll(let path, let permissions):
            "\(path) is open to everybody (mode \(String(permissions, radix: 8))) and is not used; run: chmod "
                + "600 \(path)"
        case .groupWritable(let path, let permissions):
            "\(path) may be written by its group (mode \(String(permissions, radix: 8))) and is not used; "
                + "run: chmod g-w \(path)"
        case .otherOwner(let path, let user):
            "\(path) belongs to user \(user), who is neither root nor the server's, and is not used; run: chown"
        case .openFolder(let path, let permissions):
            "\(path) may be written by others (mode \(String(permissions, radix: 8))), who could replace the "
                + "files in it; "
                + "run: chmod go-w \(path)"
        case .cutOff(let path):
            "\(path) ends in the middle of a line and is not used; what it said before stays in force; "
                + "complete it, with a line end after the last line"
        case .removesMany(let path, let removed, let count):
            "\(path) would change or remove \(removed) of \(count) entries and is not used; what it said before "
                + "stays in "
                + "force; complete the file, or send the server SIGHUP if it is meant so"
        case .rightsMissing(let path):
            "\(path) is not there, and --require-rights asks for it; add rights with: coap-fw-tool psk add --pid"
        case .invalid(let path, let problem):
            "\(path) \(problem)"
        case .rightsRemoved(let path):
            "\(path) is gone; the rights it gave stay in force until it is back or the server starts anew"
        case .notGranted(let path, let subject):
            "\(path) has no line for \(subject) itself that names products; see: coap-fw-tool psk list"
        case .identityExists(let path, let identity):
            "\(identity) is in \(path) already; rotate gives it a new key, revoke removes it"
        case .identityMissing(let path, let identity):
            "there is no identity \(identity) in \(path); list shows those that are"
        }
    }
}
