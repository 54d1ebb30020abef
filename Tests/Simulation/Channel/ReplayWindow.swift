/// RFC 6347 § 4.1.2.6: the last 64 sequence numbers.
struct ReplayWindow {
    private var highest: UInt64 = 0
    private var seen: UInt64 = 0

    /// False for a record that came before or is too old to tell.
    mutating func accepts(_ sequence: UInt64) -> Bool {
        if sequence > highest {
            let step = sequence - highest
            seen = step >= 64 ? 1 : seen << step | 1
            highest = sequence
            return true
        }
        let age = highest - sequence
        guard age < 64, seen & (1 << age) == 0 else { return false }
        seen |= 1 << age
        return true
    }
}
