import HostSupport

/// What the PSK file and the rights file have in common: lines, names and comments.
enum TextLines {
    /// The lines without their ends; blanks and carriage returns at the end of a line are dropped, as an editor may
    /// leave them.
    static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { line in
            var line = line
            while let last = line.last, isBlank(last) { line.removeLast() }
            return line
        }
    }

    /// Whether a text ends in the middle of a line: it is not whole yet, was cut off, or somebody's editor leaves it
    /// so.
    static func isCutOff(_ text: [UInt8]) -> Bool {
        text.last.map { $0 != UInt8(ascii: "\n") } ?? false
    }

    /// Whether a line that starts with `#` is a comment and not a name in hex digits.
    ///
    /// GnuTLS reads `#` and hex digits up to the colon as a name, and fits no name to any other line that starts with
    /// `#`. So `# text` and `#dev-1:…` are comments here too, and `#dead:…` is the identity of two bytes that GnuTLS
    /// takes it for.
    static func isComment(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.first == UInt8(ascii: "#") else { return false }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let digits = trimmed(line[(line.startIndex + 1)..<colon])
        guard let bytes = Hex.decode(digits) else { return true }
        return bytes.isEmpty
    }

    /// The identity that a name stands for: itself, or the bytes that `#` and hex digits spell.
    static func identity(_ name: ArraySlice<UInt8>, line: Int) throws(CredentialProblem) -> PSKIdentity {
        if name.isEmpty { throw .emptyIdentity(line: line) }
        var bytes = Array(name)
        if name.first == UInt8(ascii: "#") {
            guard let decoded = Hex.decode(name.dropFirst()), !decoded.isEmpty else {
                throw .badHexIdentity(line: line)
            }
            bytes = decoded
        }
        guard let identity = PSKIdentity(bytes: bytes) else { throw .identityTooLong(line: line) }
        return identity
    }

    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let last = text.last, isBlank(last) { text.removeLast() }
        while let first = text.first, isBlank(first) { text.removeFirst() }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
