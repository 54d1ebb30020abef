/// Where the LZMA decoder keeps which probability (LZMA specification, as in the LZMA SDK's lzma-specification.txt).
enum LZMALayout {
    static let positionStates = 16
    static let states = 12

    static let isMatch = 0
    static let isRep = isMatch + states * positionStates
    static let isRep0 = isRep + states
    static let isRep1 = isRep0 + states
    static let isRep2 = isRep1 + states
    static let isRep0Long = isRep2 + states
    /// Four trees of six bits.
    static let distanceSlot = isRep0Long + states * positionStates
    /// Trees of the low bits of middle distances; the first is not used.
    static let distanceSpecial = distanceSlot + 4 * 64
    static let distanceAlign = distanceSpecial + 115
    static let matchLength = distanceAlign + 16
    static let repLength = matchLength + lengthSize
    static let literal = repLength + lengthSize
    static let literalSize = 0x300
    /// With literals by one bit of context.
    static let count = literal + 2 * literalSize

    // In a length: two choices, 16 trees of three bits, 16 more, one of eight.
    static let choice = 0
    static let choice2 = 1
    static let low = 2
    static let middle = low + positionStates * 8
    static let high = middle + positionStates * 8
    static let lengthSize = high + 256
}
