/// Decimal numbers that can be written in one way only: ASCII digits, no sign, no leading zeros.
package enum DecimalNumber {
    /// - Parameters:
    ///   - text: Nothing but the number.
    ///   - limit: The largest that is taken, below 10¹⁰.
    /// - Returns: `nil` for any other text.
    package static func parse(_ text: some Collection<UInt8>, limit: UInt64) -> UInt64? {
        guard let first = text.first, text.count <= 10 else { return nil }
        if first == UInt8(ascii: "0") && text.count > 1 { return nil }
        var number: UInt64 = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            // At most ten digits: no overflow in 64 bits.
            number = number * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return number <= limit ? number : nil
    }

    /// A number that fits 16 bits, as a product ID does.
    package static func parse16(_ text: some Collection<UInt8>) -> UInt16? {
        parse(text, limit: UInt64(UInt16.max)).map { UInt16($0) }
    }

    /// Digits, with or without a fraction; no sign, exponent, space or name.
    ///
    /// - Returns: `nil` for any other text, and for one of more than 24 characters.
    package static func parseFraction(_ text: Substring) -> Double? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= 24, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }) else {
            return nil
        }
        return Double(text)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
