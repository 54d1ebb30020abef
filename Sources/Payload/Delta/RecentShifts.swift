/// The last seven different shifts that put an address right, latest first.
struct RecentShifts {
    static let count = 7
    private var shifts = InlineArray<7, Int32>(repeating: 0)

    subscript(index: Int) -> Int32 { shifts[index] }

    /// Where `shift` stands; `count` if nowhere.
    func index(of shift: Int32) -> Int {
        var index = 0
        while index < Self.count, shifts[index] != shift { index &+= 1 }
        return index
    }

    mutating func take(_ shift: Int32) {
        var index = min(index(of: shift), Self.count - 1)
        while index > 0 {
            shifts[index] = shifts[index &- 1]
            index &-= 1
        }
        shifts[0] = shift
    }
}
