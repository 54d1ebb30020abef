/// What a decoder reads: the staged payload, the running image, and what it has already put out.
///
/// All three are flash as a rule, memory-mapped or not; decoders read them in pieces of up to 256 bytes. Offsets are
/// always inside of what the decoder was told, or has put out.
public protocol PayloadMemory: ~Copyable {
    /// Fills `bytes` from the payload.
    mutating func readPayload(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError)

    /// Fills `bytes` from the image that the payload was made against.
    mutating func readSource(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError)

    /// Fills `bytes` from the output of earlier `decode` calls.
    mutating func readOutput(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError)
}
