/// An image as it can be sent.
public struct PackedImage: Equatable, Sendable {
    /// How its bytes are coded.
    public enum Codec: String, Sendable, CaseIterable {
        /// As it is.
        case none
        /// A .lzma stream.
        case lzma
        /// The delta format, without a source.
        case compressed
        /// The delta format, against a source.
        case delta
    }

    /// How ``bytes`` are coded.
    public let codec: Codec
    /// What is sent.
    public let bytes: [UInt8]

    /// The shortest way to send `image` to a device that runs `source`, or to any device.
    ///
    /// - Throws: `LZMAEncoder.Failure`. An image too large for the delta format goes without it.
    public static func shortest(_ image: [UInt8], source: [UInt8]? = nil) throws(LZMAEncoder.Failure) -> PackedImage {
        var best = PackedImage(codec: .none, bytes: image)
        func consider(_ codec: Codec, _ bytes: [UInt8]?) {
            guard let bytes, bytes.count < best.bytes.count else { return }
            best = PackedImage(codec: codec, bytes: bytes)
        }
        consider(.compressed, try? DeltaEncoder.encode(target: image))
        if let source, !source.isEmpty { consider(.delta, try? DeltaEncoder.encode(source: source, target: image)) }
        // LZMA decodes in less time; it is never much shorter.
        consider(.lzma, try LZMAEncoder.encode(image))
        return best
    }
}
