/// The number of a media type with its coding, for Content-Format and Accept (RFC 7252 § 12.3).
public struct ContentFormat: RawRepresentable, Hashable, Sendable {
    /// The number in the registry.
    public let rawValue: UInt16

    /// Takes any number: the peer may send formats that nobody has registered.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// `text/plain; charset=utf-8`
    public static var textPlain: ContentFormat { ContentFormat(rawValue: 0) }
    /// `application/link-format` (RFC 6690)
    public static var linkFormat: ContentFormat { ContentFormat(rawValue: 40) }
    /// `application/octet-stream`
    public static var octetStream: ContentFormat { ContentFormat(rawValue: 42) }
    /// `application/json`
    public static var json: ContentFormat { ContentFormat(rawValue: 50) }
    /// `application/cbor` (RFC 8949)
    public static var cbor: ContentFormat { ContentFormat(rawValue: 60) }
    /// `application/cose; cose-type="cose-sign1"` (RFC 9052)
    public static var coseSign1: ContentFormat { ContentFormat(rawValue: 18) }
}
