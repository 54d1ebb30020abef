/// How often a representation was downloaded and refused, as one byte of the journal's header.
struct Refusals: Equatable {
    /// At most 127.
    private(set) var count: UInt8
    /// The bytes of one of them were those that the ETag names, so that the release was refused and not damage on the
    /// way.
    private(set) var isProven: Bool

    init(code: UInt8) {
        count = code & 0x7F
        isProven = code & 0x80 != 0
    }

    var code: UInt8 { count | (isProven ? 0x80 : 0) }

    mutating func add(isProven: Bool) {
        count = min(count + 1, 0x7F)
        if isProven { self.isProven = true }
    }

    /// Offers of the same that are passed over before it is downloaded once more.
    var offersPassedOver: Int { count > 0 ? 1 << min(Int(count) - 1, 3) - 1 : 0 }
}
