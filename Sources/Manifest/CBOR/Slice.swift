/// A part of the bytes that are read. Small, so that many of them can be kept beside the bytes themselves.
struct Slice: Sendable {
    var start: UInt16 = 0
    var byteCount: UInt16 = 0

    init() {}

    init(_ range: Range<Int>) {
        start = UInt16(truncatingIfNeeded: range.lowerBound)
        byteCount = UInt16(truncatingIfNeeded: range.count)
    }

    var isEmpty: Bool { byteCount == 0 }
    var range: Range<Int> { Int(start)..<Int(start) + Int(byteCount) }
}
