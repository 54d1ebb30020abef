import Payload

/// Makes payloads in the delta format: against a source, or without one a compressed image.
public enum DeltaEncoder {
    /// Why no payload was made.
    public enum Failure: Error, Equatable {
        /// Images of more than 4 MiB are not for this format.
        case tooLarge(sizeBytes: Int, maximumBytes: Int)
        /// The decoder, which the encoder runs along, does not take what was found: a fault of the encoder.
        case refusedByDecoder(PayloadError)
    }

    /// How often the path is searched, each time with the prices of the time before.
    private static let passCount = 4
    /// How many ways the search keeps, and how many bytes of target it then has at most; longer ones get fewer.
    private static let width = 40
    private static let fullWidthBytes = 160 << 10
    private static let narrowWidth = 6
    /// Where time begins to count more than the last percent.
    private static let largeBytes = 512 << 10
    private static let largePassCount = 2

    /// Encodes `target` for a device that has `source`, empty for none.
    ///
    /// The same input gives the same bytes. Takes seconds: see docs/payload.md.
    ///
    /// - Throws: `Failure`.
    public static func encode(source: [UInt8] = [], target: [UInt8]) throws(Failure) -> [UInt8] {
        for image in [source, target] where image.count > Int(DeltaHeader.maximumBytes) {
            throw .tooLarge(sizeBytes: image.count, maximumBytes: Int(DeltaHeader.maximumBytes))
        }
        do throws(PayloadError) {
            return try best(source: source, target: target)
        } catch {
            throw .refusedByDecoder(error)
        }
    }

    private static func best(source: [UInt8], target: [UInt8]) throws(PayloadError) -> [UInt8] {
        // The options that a quick search finds best; it is also the first pass.
        var best: Attempt?
        let isLarge = target.count > largeBytes
        for header in ImageSurvey.headers(source: source, target: target).suffix(isLarge ? 1 : 2) {
            let attempt = try Attempt(DeltaInput(source: source, target: target, header: header), width: narrowWidth)
            if attempt.bytes < best?.bytes ?? .infinity { best = attempt }
        }
        guard var best else { return [] }
        let width = max(narrowWidth, min(width, width * fullWidthBytes / max(1, target.count)))
        for _ in 1..<(isLarge ? largePassCount : passCount) { try best.improve(width: width) }
        return try best.payload()
    }

    /// The best path found so far.
    private struct Attempt {
        let input: DeltaInput
        private let finder: MatchFinder
        private var prices: DeltaPrices
        private var jumps: [DeltaJump] = []
        private var bits = Float.infinity

        init(_ input: DeltaInput, width: Int) throws(PayloadError) {
            self.input = input
            finder = MatchFinder(input)
            prices = DeltaPrices(input)
            try improve(width: width)
        }

        /// With the header.
        var bytes: Float { bits / 8 + Float(input.header.bytes.count) }

        mutating func improve(width: Int) throws(PayloadError) {
            let found = DeltaSearch(input, finder, width: width).path(prices)
            let cost = try input.price(found, &prices)
            if cost < bits { (jumps, bits) = (found, cost) }
        }

        func payload() throws(PayloadError) -> [UInt8] {
            var coder = RangeEncoder(header: input.header.bytes)
            try input.code(jumps, &coder)
            coder.finish()
            return coder.bytes
        }
    }
}

extension DeltaHeader {
    /// The header as it stands in a payload.
    package var bytes: [UInt8] {
        var options: UInt8 = 0
        var numbers = [outputBytes]
        func add(_ option: UInt8, _ values: [UInt32], if isNeeded: Bool) {
            guard isNeeded else { return }
            options |= option
            numbers += values
        }
        add(Option.source, [sourceBytes], if: sourceBytes > 0)
        add(Option.thumb, [], if: isThumb)
        add(Option.base, [base >> 8], if: isThumb && base > 0)
        add(Option.ram, [ramBase >> 12, ramBytes >> 12], if: isThumb && ramBytes > 0)
        var bytes = [Self.version << 4 | options]
        for number in numbers {
            var rest = number
            while rest > 127 {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
                rest >>= 7
            }
            bytes.append(UInt8(rest))
        }
        return bytes
    }
}
