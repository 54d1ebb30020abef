extension Duration {
    /// Nanoseconds, rounded up so that nothing arrives before it was sent, held to ±146 years.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let limit = Int64.max / 2
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow, product.magnitude < UInt64(limit) else { return seconds < 0 ? -limit : limit }
        let (quotient, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return product + quotient + (rest > 0 ? 1 : 0)
    }
}
