/// A name with wildcards: `*` stands for any bytes, none included; everything else for itself.
struct IdentityPattern: Equatable, Sendable {
    private let pieces: [[UInt8]]

    init(_ pattern: some Collection<UInt8>) {
        pieces = pattern.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map { Array($0) }
    }

    /// Whether the pattern fits the whole identity. Takes time proportional to the product of the lengths at most;
    /// both are bounded.
    func matches(_ identity: PSKIdentity) -> Bool {
        let bytes = identity.bytes
        guard let prefix = pieces.first, let suffix = pieces.last else { return false }
        guard pieces.count > 1 else { return bytes == prefix }
        guard bytes.starts(with: prefix) else { return false }
        guard bytes.count >= prefix.count + suffix.count, bytes.suffix(suffix.count).elementsEqual(suffix) else {
            return false
        }
        // Each piece at its leftmost place: a later place can only leave less for the rest.
        var position = prefix.count
        let end = bytes.count - suffix.count
        for piece in pieces.dropFirst().dropLast() {
            while true {
                guard position + piece.count <= end else { return false }
                if bytes[position..<(position + piece.count)].elementsEqual(piece) { break }
                position += 1
            }
            position += piece.count
        }
        return true
    }
}
