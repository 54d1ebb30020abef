/// Codes binary decisions with a given probability: decodes them, encodes them, or adds up what they cost.
///
/// The models are written once against this protocol, so that encoder and decoder cannot drift apart.
package protocol BinaryCoder: ~Copyable {
    /// Whether bits are asked for: then nothing is worked out that only an encoder wants to say.
    static var isDecoder: Bool { get }

    /// Codes one decision.
    ///
    /// - Parameters:
    ///   - bit: what to encode, 0 or 1; a decoder ignores it.
    ///   - probability: that the bit is 1, in 1/65536; 1…65535.
    /// - Returns: the bit that was coded.
    mutating func code(_ bit: Int, probability: UInt32) -> Int

    /// Says what the decisions since the last call were about, for an encoder that learns prices.
    mutating func attribute(_ decision: @autoclosure () -> Int, _ bit: Int)
}

extension BinaryCoder where Self: ~Copyable {
    package static var isDecoder: Bool { false }

    @inline(__always)
    package mutating func attribute(_ decision: @autoclosure () -> Int, _ bit: Int) {}
}
