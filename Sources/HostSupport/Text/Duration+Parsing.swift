extension Duration {
    /// `125ms`, `1.5s`, `250us`, `2m`, `6h`; a unit is required.
    ///
    /// `nil` for any other text, and for more than 30 days.
    ///
    /// - Parameter text: The whole text.
    package init?(parsing text: String) {
        let units: [(suffix: String, nanoseconds: Double)] = [
            ("ms", 1e6), ("us", 1e3), ("ns", 1), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let value = DecimalNumber.parseFraction(text.dropLast(unit.suffix.count))
        else { return nil }
        let nanoseconds = (value * unit.nanoseconds).rounded()
        guard nanoseconds <= 30 * 86_400e9 else { return nil }
        self = .nanoseconds(Int64(nanoseconds))
    }
}
