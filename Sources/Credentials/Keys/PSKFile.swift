import HostSupport

/// A file of pre-shared keys in GnuTLS's format: `identity:hexkey` per line, as `psktool` writes it.
///
/// - An identity with a colon or other special characters is written `#` and hex digits (GnuTLS's own way).
/// - Blank lines, and lines that start with `#` and are not such a name, are comments: see ``TextLines/isComment(_:)``.
/// - An identity twice is an error: which of its keys counts would depend on who reads the file.
public struct PSKFile: Sendable {
    enum Line: Sendable {
        case entry(PSKIdentity, PreSharedKey)
        case other([UInt8])
    }

    /// The most bytes a file may have: some hundred thousand identities.
    public static let maximumSizeBytes = 64 << 20

    let lines: [Line]
    /// Whether its text ends in the middle of a line.
    let isCutOff: Bool
    /// The keys by identity.
    public let keys: [PSKIdentity: PreSharedKey]

    /// A file without any identity.
    public init() {
        lines = []
        keys = [:]
        isCutOff = false
    }

    init(lines: [Line], isCutOff: Bool = false) {
        self.lines = lines
        self.isCutOff = isCutOff
        var keys: [PSKIdentity: PreSharedKey] = [:]
        keys.reserveCapacity(lines.count)
        for case .entry(let identity, let key) in lines { keys[identity] = key }
        self.keys = keys
    }

    /// Reads the text of a file.
    ///
    /// - Throws: ``CredentialProblem`` with the number of the line, counted from 1.
    public init(parsing text: [UInt8]) throws(CredentialProblem) {
        var lines: [Line] = []
        var lineNumbers: [PSKIdentity: Int] = [:]
        let split = TextLines.split(text)
        lines.reserveCapacity(split.count)
        for (index, line) in split.enumerated() {
            let number = index + 1
            guard !line.isEmpty, !TextLines.isComment(line) else {
                lines.append(.other(Array(line)))
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .noColon(line: number) }
            let identity = try TextLines.identity(line[..<colon], line: number)
            if let first = lineNumbers[identity] { throw .duplicateIdentity(line: number, first: first) }
            lineNumbers[identity] = number
            lines.append(.entry(identity, try PSKFile.key(line[(colon + 1)...], number: number)))
        }
        self.init(lines: lines, isCutOff: TextLines.isCutOff(text))
    }

    private static func key(_ digits: ArraySlice<UInt8>, number: Int) throws(CredentialProblem) -> PreSharedKey {
        guard !digits.isEmpty else { throw .emptyKey(line: number) }
        guard let bytes = Hex.decode(digits) else { throw .badKey(line: number) }
        guard let key = PreSharedKey(bytes: bytes) else { throw .keyTooLong(line: number) }
        return key
    }

    /// The identities in the file's order.
    public var identities: [PSKIdentity] {
        lines.compactMap {
            if case .entry(let identity, _) = $0 { identity } else { nil }
        }
    }

    /// The text of the file.
    func serialized() -> [UInt8] {
        var text: [UInt8] = []
        for line in lines {
            switch line {
            case .entry(let identity, let key): text += Array("\(identity):\(key.revealedHex())".utf8)
            case .other(let bytes): text += bytes
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }
}
