import CLZMA

/// Makes .lzma streams that a device decodes: with at most one bit of context for literals.
public enum LZMAEncoder {
    /// liblzma did not do what was asked, with its code.
    public struct Failure: Error, Equatable {
        /// liblzma's `lzma_ret`.
        public let code: UInt32
    }

    /// Settings of an LZMA1 stream.
    public struct Settings: Sendable, Equatable {
        /// High bits of the byte before as context of literals: 0 or 1.
        public var literalContextBits: UInt32
        /// Low bits of the place as context of literals: 0 or 1, and not both.
        public var literalPositionBits: UInt32
        /// Low bits of the place as context of everything else: 0…4.
        public var positionBits: UInt32
        /// How far back a match may begin, in bytes.
        public var dictionaryBytes: UInt32

        /// See the properties.
        public init(
            literalContextBits: UInt32 = 0,
            literalPositionBits: UInt32 = 0,
            positionBits: UInt32 = 0,
            dictionaryBytes: UInt32 = 1 << 22
        ) {
            self.literalContextBits = literalContextBits
            self.literalPositionBits = literalPositionBits
            self.positionBits = positionBits
            self.dictionaryBytes = dictionaryBytes
        }

        /// All that a device decodes and that can pay for code of halfwords and words.
        public static let candidates: [Settings] = [0, 1, 2].flatMap { positionBits in
            [(0, 0), (1, 0), (0, 1)].map { context, position in
                Settings(literalContextBits: context, literalPositionBits: position, positionBits: positionBits)
            }
        }
    }

    /// The shortest stream of all `Settings.candidates`.
    ///
    /// - Throws: `Failure`.
    public static func encode(_ image: [UInt8]) throws(Failure) -> [UInt8] {
        var best: [UInt8] = []
        for settings in Settings.candidates {
            let stream = try encode(image, settings)
            if best.isEmpty || stream.count < best.count { best = stream }
        }
        return best
    }

    /// A stream with these settings; its end is marked.
    ///
    /// - Throws: `Failure`.
    public static func encode(_ image: [UInt8], _ settings: Settings) throws(Failure) -> [UInt8] {
        var options = lzma_options_lzma()
        guard lzma_lzma_preset(&options, CLZMA_PRESET_BEST) == 0 else { throw Failure(code: 0) }
        options.lc = settings.literalContextBits
        options.lp = settings.literalPositionBits
        options.pb = settings.positionBits
        options.dict_size = settings.dictionaryBytes
        var stream = lzma_stream()
        defer { lzma_end(&stream) }
        let status = lzma_alone_encoder(&stream, &options)
        guard status == LZMA_OK else { throw Failure(code: status.rawValue) }
        return try run(&stream, over: image, roomBytes: image.count + image.count / 8 + 1024)
    }

    /// What liblzma makes of a stream: for tests that compare.
    ///
    /// - Throws: `Failure`, also for more than `maximumBytes`.
    public static func decode(_ bytes: [UInt8], maximumBytes: Int) throws(Failure) -> [UInt8] {
        var stream = lzma_stream()
        defer { lzma_end(&stream) }
        let status = lzma_alone_decoder(&stream, UInt64.max)
        guard status == LZMA_OK else { throw Failure(code: status.rawValue) }
        return try run(&stream, over: bytes, roomBytes: maximumBytes)
    }

    private static func run(
        _ stream: inout lzma_stream,
        over input: [UInt8],
        roomBytes: Int
    ) throws(Failure) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: roomBytes)
        // liblzma keeps the pointers in `stream`, and only this one call uses them.
        let (status, count) = input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = input.count
                stream.next_out = output.baseAddress
                stream.avail_out = output.count
                return (lzma_code(&stream, LZMA_FINISH), output.count - stream.avail_out)
            }
        }
        guard status == LZMA_STREAM_END else { throw Failure(code: status.rawValue) }
        return Array(output[..<count])
    }
}
