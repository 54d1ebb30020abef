/// What has gone before, as the coder looks at it.
package protocol DeltaHistory: ~Copyable {
    /// The bytes around a place of the source.
    mutating func source<Memory: PayloadMemory & ~Copyable>(
        around place: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> Neighbourhood

    /// A byte of the output, with calls as in a stream.
    mutating func output<Memory: PayloadMemory & ~Copyable>(
        at place: Int,
        _ memory: inout Memory
    ) throws(PayloadError) -> UInt32
}

/// What an encoder wants the next step to say. A decoder has none.
package struct DeltaIntent {
    /// The next four bytes of the output, with calls as in a stream, the first lowest; zeros behind the end.
    package var word: UInt32
    /// The alignment to change to at this byte.
    package var jump: Int?

    package init(word: UInt32 = 0, jump: Int? = nil) {
        self.word = word
        self.jump = jump
    }
}
