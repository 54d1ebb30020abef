import Flash

/// Thirty-two bytes inline: the storage of digests and public keys, without a heap.
package struct Bytes32: Hashable, Sendable {
    package private(set) var storage: InlineArray<32, UInt8>

    package init(repeating value: UInt8) {
        storage = InlineArray(repeating: value)
    }

    /// Copies the bytes.
    ///
    /// - Parameter bytes: exactly 32 bytes; any other length gives `nil`.
    package init?(bytes: RawSpan) {
        guard bytes.byteCount == 32 else { return nil }
        storage = InlineArray { bytes.byte(at: $0) }
    }

    package var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes }
    }

    package static func == (left: Bytes32, right: Bytes32) -> Bool {
        // No early exit: digests and keys are compared in constant time out of habit, it costs nothing here.
        var difference: UInt8 = 0
        for index in 0..<32 {
            difference |= left.storage[index] ^ right.storage[index]
        }
        return difference == 0
    }

    package func hash(into hasher: inout Hasher) {
        for index in 0..<32 {
            hasher.combine(storage[index])
        }
    }
}
