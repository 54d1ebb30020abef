import Payload
import Testing

/// Payload, source and output in memory; a read outside of them is an issue and an error.
struct ArrayMemory: PayloadMemory {
    let payload: [UInt8]
    let source: [UInt8]
    /// What the caller has written.
    var output: [UInt8] = []
    var readCount = 0

    private mutating func read(
        _ bytes: [UInt8],
        at offset: Int,
        into span: inout MutableSpan<UInt8>
    ) throws(PayloadError) {
        readCount += 1
        guard offset >= 0, span.count > 0, offset + span.count <= bytes.count else {
            Issue.record("a decoder reads \(span.count) bytes at \(offset) of \(bytes.count)")
            throw .unreadable
        }
        for index in 0..<span.count { span[index] = bytes[offset + index] }
    }

    mutating func readPayload(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
        try read(payload, at: offset, into: &bytes)
    }

    mutating func readSource(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
        try read(source, at: offset, into: &bytes)
    }

    mutating func readOutput(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
        try read(output, at: offset, into: &bytes)
    }
}

enum Decoding {
    /// What a payload decodes to, called for with buffers of so many bytes.
    static func decode(
        _ payload: [UInt8],
        source: [UInt8] = [],
        maximumBytes: UInt32 = 1 << 22,
        bufferBytes: Int = 100
    ) throws(PayloadError) -> [UInt8] {
        var decoder = PayloadDecoder()
        return try decode(payload, source, maximumBytes, bufferBytes, &decoder)
    }

    /// The same with a decoder that may have decoded before.
    static func decode(
        _ payload: [UInt8],
        _ source: [UInt8],
        _ maximumBytes: UInt32,
        _ bufferBytes: Int,
        _ decoder: inout PayloadDecoder
    ) throws(PayloadError) -> [UInt8] {
        var memory = ArrayMemory(payload: payload, source: source)
        try decoder.start(
            payloadBytes: UInt32(payload.count),
            sourceBytes: UInt32(source.count),
            maximumOutputBytes: maximumBytes,
            memory: &memory
        )
        var buffer = [UInt8](repeating: 0, count: bufferBytes)
        // A decoder that gives more than it may does not go on for ever.
        while memory.output.count <= maximumBytes {
            var span = buffer.mutableSpan
            let count = try decoder.decode(into: &span, memory: &memory)
            if count == 0 { break }
            memory.output += buffer[..<count]
        }
        #expect(memory.output.count <= maximumBytes)
        #expect(decoder.outputBytes == nil || decoder.outputBytes == UInt32(memory.output.count))
        #expect(decoder.decodedBytes == UInt32(memory.output.count))
        return memory.output
    }
}
