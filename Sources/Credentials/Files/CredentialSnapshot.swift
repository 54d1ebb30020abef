import HostSupport

/// Keys and rights at one moment, for the threads that serve. Never changed, only replaced.
final class CredentialSnapshot: Sendable {
    let keys: KeyTable
    let retiring: RetiringKeys
    let rights: AccessRights

    init(keys: KeyTable, retiring: RetiringKeys, rights: AccessRights) {
        self.keys = keys
        self.retiring = retiring
        self.rights = rights
    }
}

/// How many entries of a credential file a new one would change or remove.
struct CredentialLoss {
    let removed: Int
    let of: Int

    /// More than one entry, and more than a quarter of them or, in large files, more than a hundredth: rather a file
    /// that is half written, or the wrong one, than what somebody meant.
    var isLarge: Bool { removed > 1 && (removed * 4 > of || removed > max(16, of / 100)) }
}

/// What is to be done with a credential file that is not the one in force.
enum CredentialDecision: Equatable {
    case take
    /// It may be written to at this moment; looked at again.
    case wait
    case refuse(CredentialStoreError)

    /// - Parameters:
    ///   - path: The file.
    ///   - loss: What would go with it.
    ///   - isCutOff: Whether it ends in the middle of a line, and the one in force does not.
    ///   - identity: Of the new file and of the one in force.
    ///   - isMeant: Whether somebody says that the file is as it is meant to be.
    init(
        _ path: String,
        loss: CredentialLoss,
        isCutOff: Bool,
        identity: (new: FileIdentity, old: FileIdentity?),
        isMeant: Bool
    ) {
        if isMeant {
            self = .take
        } else if isCutOff {
            self = .refuse(.cutOff(path: path))
        } else if loss.isLarge {
            self = .refuse(.removesMany(path: path, removed: loss.removed, of: loss.of))
        } else if loss.removed > 0, identity.old?.isSameFile(as: identity.new) == true, !identity.new.isSettled {
            // Written in place, and less than two seconds ago.
            self = .wait
        } else {
            self = .take
        }
    }
}
