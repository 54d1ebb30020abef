/// What is wrong with a PSK file or a rights file. Says the line, never what stands in it: it may be a key.
public enum CredentialProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case noColon(line: Int)
    case emptyIdentity(line: Int)
    case badHexIdentity(line: Int)
    case identityTooLong(line: Int)
    case duplicateIdentity(line: Int, first: Int)
    case emptyKey(line: Int)
    case badKey(line: Int)
    case keyTooLong(line: Int)
    case badProductID(line: Int)
    case badTime(line: Int)
    case notText(line: Int)
    case tooLarge(limitBytes: Int)

    /// One line for a person, to stand after the file's name.
    public var description: String {
        switch self {
        case .noColon(let line):
            "line \(line): there is no colon"
        case .emptyIdentity(let line):
            "line \(line): nothing stands before the colon"
        case .badHexIdentity(let line):
            "line \(line): a name that starts with # must continue with pairs of hex digits"
        case .identityTooLong(let line):
            "line \(line): the identity is longer than \(PSKIdentity.maximumByteCount) bytes"
        case .duplicateIdentity(let line, let first):
            "line \(line): the identity of line \(first) again; remove one of them"
        case .emptyKey(let line):
            "line \(line): there is no key after the colon"
        case .badKey(let line):
            "line \(line): the key is not pairs of hex digits"
        case .keyTooLong(let line):
            "line \(line): the key is longer than \(PreSharedKey.maximumByteCount) bytes"
        case .badProductID(let line):
            "line \(line): after the colon stand product IDs (0…65535) with commas between, or *"
        case .badTime(let line):
            "line \(line): after the second colon stands a time: 2026-12-01T10:00:00Z"
        case .notText(let line):
            "line \(line): not UTF-8 text"
        case .tooLarge(let limitBytes):
            "larger than \(limitBytes) bytes"
        }
    }
}
