/// What a client needs from the options of a response, collected in one pass.
///
/// Elective options that are unknown, out of bounds or repeated are left out, as RFC 7252 § 5.4 wants it; the first
/// critical one of that kind is the ``problem``.
public struct ResponseOptions: CollectedOptions, Equatable, Sendable {
    /// Why the response must be rejected, or nil.
    public internal(set) var problem: OptionProblem?
    /// The representation that this is, or that is still valid in a 2.03.
    public private(set) var etag: ETag?
    /// The block of the representation that the payload is.
    public private(set) var block2: BlockOption?
    /// The block of the request's body that is answered.
    public private(set) var block1: BlockOption?
    /// Size2: bytes in the whole representation.
    public private(set) var size2: UInt32?
    /// Size1: bytes of a request's body that the server would take (RFC 7959 § 4).
    public private(set) var size1: UInt32?
    /// Max-Age in seconds, if it is said; 60 otherwise (RFC 7252 § 5.10.5).
    public private(set) var maxAgeSeconds: UInt32?
    /// The format of the payload.
    public private(set) var contentFormat: ContentFormat?
    /// Observe: the sequence number of a notification (RFC 7641 § 3.4).
    public private(set) var observe: UInt32?
    /// Whether the server wants an Echo option repeated (RFC 9175 § 2.3); its value is `firstValue(of: .echo)`.
    public private(set) var hasEcho = false

    /// Max-Age if it is said.
    public var maxAge: Duration? {
        guard let maxAgeSeconds else { return nil }
        return .seconds(Int64(maxAgeSeconds))
    }

    /// Collects the options of a response.
    public init(_ view: borrowing MessageView) {
        collect(view)
    }

    static func mayRepeat(_ number: OptionNumber) -> Bool { false }

    mutating func take(_ option: borrowing OptionView) -> Bool {
        switch option.number {
        case .etag: etag = ETag(bytes: option.value)
        case .block2: block2 = block(option)
        case .block1: block1 = block(option)
        case .size2: size2 = option.uintValue
        case .size1: size1 = option.uintValue
        case .maxAge: maxAgeSeconds = option.uintValue
        case .contentFormat: contentFormat = option.formatValue
        case .observe: observe = option.uintValue
        case .echo: hasEcho = true
        default: return false
        }
        return true
    }
}
