/// By how many bytes the parts of the source have moved in the output, as far as it was seen.
///
/// Who calls a function that has moved, or holds its address, is then predicted to follow it.
struct ShiftMap: ~Copyable {
    private static let unknown = Int16.min
    private var shifts = InlineArray<512, Int16>(repeating: 0)
    /// Bytes of source per entry, as a power of two.
    private var granularity: UInt32 = 0

    /// Begins with nothing seen.
    mutating func start(sourceBytes: UInt32) {
        for index in 0..<shifts.count { shifts[index] = Self.unknown }
        granularity = 4
        while sourceBytes &>> granularity >= 512 { granularity &+= 1 }
    }

    /// What was seen last around `place` in the source, if anything was. (Mutating, or else the table is copied to the
    /// stack; so in other places here.)
    mutating func shift(at place: UInt32) -> Int32? {
        let index = Int(truncatingIfNeeded: place &>> granularity)
        guard index < 512, shifts[index] != Self.unknown else { return nil }
        return Int32(shifts[index])
    }

    /// Notes what was seen; shifts that do not fit are not kept.
    mutating func note(_ shift: Int32, at place: UInt32) {
        let index = Int(truncatingIfNeeded: place &>> granularity)
        guard index < 512, shift > -32768, shift < 32768 else { return }
        shifts[index] = Int16(truncatingIfNeeded: shift)
    }
}
