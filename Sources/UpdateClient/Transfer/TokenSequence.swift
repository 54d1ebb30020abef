import CoAP

/// Tokens of four bytes that number the requests and do not look like it: a keyed permutation of a counter, so that no
/// token comes twice within 2^32 requests, none can be guessed from another, and none needs to be stored.
struct TokenSequence {
    private let key: UInt64

    init(random: inout TransferRandom) {
        key = random.next()
    }

    /// The token of request `sequence`.
    func token(of sequence: UInt32) -> Token {
        Token(value: UInt64(encrypt(sequence)), length: 4) ?? .empty
    }

    /// The request that `token` belongs to; nil if it cannot be one of ours.
    func sequence(of token: Token) -> UInt32? {
        guard token.byteCount == 4 else { return nil }
        return decrypt(UInt32(truncatingIfNeeded: token.value))
    }

    // A Feistel network of four rounds on two halves of 16 bits.
    private func encrypt(_ value: UInt32) -> UInt32 {
        var left = value >> 16
        var right = value & 0xFFFF
        for index in 0..<4 {
            (left, right) = (right, left ^ mix(right, index))
        }
        return left << 16 | right
    }

    private func decrypt(_ value: UInt32) -> UInt32 {
        var left = value >> 16
        var right = value & 0xFFFF
        for index in 0..<4 {
            (left, right) = (right ^ mix(left, 3 - index), left)
        }
        return left << 16 | right
    }

    private func mix(_ half: UInt32, _ round: Int) -> UInt32 {
        let roundKey = UInt32(truncatingIfNeeded: key >> UInt64(16 * round)) & 0xFFFF
        var value = (half ^ roundKey) &* 0x9E37_79B1
        value ^= value >> 15
        value = value &* 0x85EB_CA77
        return (value >> 13) & 0xFFFF
    }
}
