import HostSupport

/// Why a credential file is not used, or was not changed.
public enum CredentialStoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The system refused.
    case file(FileFailure)
    /// Everybody on the machine may read or write the file; it is not used.
    case openToAll(path: String, permissions: UInt32)
    /// The group may write the file; it is not used. (That the group may read the keys is the owner's choice.)
    case groupWritable(path: String, permissions: UInt32)
    /// The contents are wrong.
    case invalid(path: String, CredentialProblem)
    /// The rights file was there and is gone: what it said stays in force, because without it everybody could read
    /// everything.
    case rightsRemoved(path: String)
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
            "\(path) is open to everybody (mode \(String(permissions, radix: 8))) and is not used; run: chmod 600 \(path)"
        case .groupWritable(let path, let permissions):
            "\(path) may be written by its group (mode \(String(permissions, radix: 8))) and is not used; "
                + "run: chmod g-w \(path)"
        case .invalid(let path, let problem):
            "\(path) \(problem)"
        case .rightsRemoved(let path):
            "\(path) is gone; the rights it gave stay in force until it is back or the server starts anew"
        case .identityExists(let path, let identity):
            "\(identity) is in \(path) already; rotate gives it a new key, revoke removes it"
        case .identityMissing(let path, let identity):
            "there is no identity \(identity) in \(path); list shows those that are"
        }
    }
}
