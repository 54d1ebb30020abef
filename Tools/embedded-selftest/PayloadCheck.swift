import Payload

/// Decodes a delta and a .lzma stream, with the heap counted.
enum PayloadCheck {
    private struct Memory: PayloadMemory {
        var payload: [UInt8]
        var source: [UInt8]
        var output: [UInt8] = []

        private func copy(_ bytes: [UInt8], _ offset: Int, _ span: inout MutableSpan<UInt8>) {
            for index in 0..<span.count { span[index] = bytes[offset + index] }
        }

        mutating func readPayload(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
            copy(payload, offset, &bytes)
        }

        mutating func readSource(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
            copy(source, offset, &bytes)
        }

        mutating func readOutput(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
            copy(output, offset, &bytes)
        }
    }

    /// On a device it stands in RAM that is set aside for it, and never on the stack.
    nonisolated(unsafe) private static var decoder = PayloadDecoder()

    static func run() {
        Sizes.line("Payload: PayloadDecoder", MemoryLayout<PayloadDecoder>.size)
        let source = curve(400)
        // What Tests/PayloadTests/FormatTests.swift encodes.
        var target: [UInt8] = []
        for index in 0..<180 { target.append(source[index]) }
        for byte in 1...5 { target.append(UInt8(byte)) }
        for index in 160..<400 { target.append(source[index]) }
        target[300] = 99
        let delta: [UInt8] = [
            17, 169, 3, 144, 3, 255, 252, 203, 58, 145, 131, 123, 22, 239, 102, 204, 104, 97, 225, 208,
        ]
        expect(decode(delta, source: source) == target, "a delta is decoded")
        expect(decode(delta, source: target) == nil, "but not against another image")
        // Made by liblzma: lc = lp = pb = 0, a dictionary of 4 KiB.
        let stream: [UInt8] = [
            0, 0, 16, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 104, 190, 154, 76, 49, 129, 215, 57, 49, 199,
            154, 91, 116, 58, 200, 155, 113, 3, 123, 244, 237, 149, 226, 190, 42, 71, 106, 185, 61, 228, 60, 243, 157,
            33, 137, 96, 96, 237, 192, 188, 208, 75, 65, 162, 170, 3, 255, 255, 249, 175, 192, 0,
        ]
        var repeated: [UInt8] = []
        for _ in 0..<5 { for byte in curve(40) { repeated.append(byte) } }
        expect(decode(stream, source: []) == repeated, "and a .lzma stream")
    }

    private static func curve(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: index * index / 7)) }
        return bytes
    }

    private static func decode(_ payload: [UInt8], source: [UInt8]) -> [UInt8]? {
        var memory = Memory(payload: payload, source: source)
        var buffer = InlineArray<128, UInt8>(repeating: 0)
        do throws(PayloadError) {
            try HeapMeter.measure { () throws(PayloadError) in
                try decoder.start(
                    payloadBytes: UInt32(payload.count),
                    sourceBytes: UInt32(source.count),
                    maximumOutputBytes: 1 << 16,
                    memory: &memory
                )
            }
            while true {
                var span = buffer.mutableSpan
                let count = try HeapMeter.measure { () throws(PayloadError) in
                    try decoder.decode(into: &span, memory: &memory)
                }
                if count == 0 { return memory.output }
                for index in 0..<count { memory.output.append(buffer[index]) }
            }
        } catch {
            return nil
        }
    }
}
