/// Why a run ended early.
public enum RunError: Error, Equatable, CustomStringConvertible {
    /// In the run itself; nothing was found out.
    case setup(String)
    /// Something that must never happen.
    case violation(String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .setup(let what): "the run could not be set up: \(what)"
        case .violation(let what): what
        }
    }
}
