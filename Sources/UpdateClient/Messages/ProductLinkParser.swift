/// Finds `</fw/{pid}>` in RFC 6690 link format that comes in pieces, in constant memory.
///
/// Everything else, targets of other shapes, attributes and quoted strings, is skipped.
struct ProductLinkParser {
    private enum State {
        /// Before a `<`, outside of quotes.
        case outside
        /// In an attribute's quoted string; the flag: after a backslash.
        case quoted(escaped: Bool)
        /// In a target, so many bytes of `/fw/` matched.
        case prefix(Int)
        /// In the digits of a target.
        case digits(UInt32, count: Int)
        /// In a target of another shape.
        case otherTarget
    }

    private var state: State = .outside
    private(set) var products = ProductList()

    /// Takes the next byte.
    mutating func consume(_ byte: UInt8) {
        switch state {
        case .outside:
            if byte == UInt8(ascii: "<") { state = .prefix(0) }
            if byte == UInt8(ascii: "\"") { state = .quoted(escaped: false) }
        case .quoted(let escaped):
            if escaped {
                state = .quoted(escaped: false)
            } else if byte == UInt8(ascii: "\\") {
                state = .quoted(escaped: true)
            } else if byte == UInt8(ascii: "\"") {
                state = .outside
            }
        case .prefix(let count):
            consumePrefix(byte, count: count)
        case .digits(let value, let count):
            consumeDigit(byte, value: value, count: count)
        case .otherTarget:
            if byte == UInt8(ascii: ">") { state = .outside }
        }
    }

    /// What was not read to its end is marked as cut.
    mutating func truncate() {
        products.isTruncated = true
    }

    private mutating func consumePrefix(_ byte: UInt8, count: Int) {
        let prefix: InlineArray<4, UInt8> = [0x2F, 0x66, 0x77, 0x2F]
        if byte == UInt8(ascii: ">") {
            state = .outside
        } else if byte == prefix[count] {
            state = count == 3 ? .digits(0, count: 0) : .prefix(count + 1)
        } else {
            state = .otherTarget
        }
    }

    private mutating func consumeDigit(_ byte: UInt8, value: UInt32, count: Int) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let next = value * 10 + UInt32(byte - UInt8(ascii: "0"))
            state = next <= UInt32(UInt16.max) && count < 5 ? .digits(next, count: count + 1) : .otherTarget
        case UInt8(ascii: ">"):
            if count > 0, let productID = UInt16(exactly: value) { products.insert(productID) }
            state = .outside
        default:
            state = .otherTarget
        }
    }
}
