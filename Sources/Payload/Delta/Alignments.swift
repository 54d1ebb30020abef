/// The last four different alignments, latest first, and the last one with the source.
///
/// An alignment is the distance from a place in the output to one in the joint space: the source, then the output.
package struct Alignments {
    package static let count = 4
    private var recent = InlineArray<4, Int>(repeating: 0)
    package private(set) var source = 0

    package init() {}

    package subscript(index: Int) -> Int { recent[index] }

    /// Where `diagonal` stands; `count` if nowhere.
    package func index(of diagonal: Int) -> Int {
        var index = 0
        while index < Self.count, recent[index] != diagonal { index &+= 1 }
        return index
    }

    package mutating func take(_ diagonal: Int, isSource: Bool) {
        if isSource { source = diagonal }
        var index = min(index(of: diagonal), Self.count - 1)
        while index > 0 {
            recent[index] = recent[index &- 1]
            index &-= 1
        }
        recent[0] = diagonal
    }
}

/// What a jump goes to, as the stream says it; below `output` one of the recent alignments.
package enum JumpKind {
    package static let output = 4
    package static let backward = 5
    package static let forward = 6
}
