/// What an origin server needs from the options of a request, collected in one pass.
///
/// Elective options that are unknown, out of bounds or repeated are left out, as RFC 7252 § 5.4 wants it; the first
/// critical one of that kind is the ``problem``. Paths, queries and tags stay in the message: see
/// ``MessageView/uriPath``, ``MessageView/uriQuery``, ``MessageView/contains(_:)``.
public struct RequestOptions: CollectedOptions, Equatable, Sendable {
    /// Why the request must be refused, or nil.
    public internal(set) var problem: OptionProblem?
    /// The block of the response that is asked for.
    public private(set) var block2: BlockOption?
    /// The block of the request's body that its payload is.
    public private(set) var block1: BlockOption?
    /// Size2: present, usually 0, if the size of the representation is asked for.
    public private(set) var size2: UInt32?
    /// Size1: the size of the request's body.
    public private(set) var size1: UInt32?
    /// Observe: 0 registers, 1 deregisters (RFC 7641 § 2).
    public private(set) var observe: UInt32?
    /// The only format that the client takes.
    public private(set) var accept: ContentFormat?
    /// The format of the request's payload.
    public private(set) var contentFormat: ContentFormat?
    /// No-Response: the classes of responses that the client does without (RFC 7967 § 2).
    public private(set) var noResponse: UInt32?
    /// How many Uri-Path options there are.
    public private(set) var pathSegmentCount = 0
    /// How many Uri-Query options there are.
    public private(set) var queryCount = 0
    /// Whether there is an ETag option of valid length.
    public private(set) var hasETag = false
    /// Whether there is an If-Match option: a condition that must be checked before anything is changed.
    public private(set) var hasIfMatch = false
    /// Whether there is an If-None-Match option: such a condition too.
    public private(set) var hasIfNoneMatch = false
    /// Whether there is an Echo option: a proof of freshness (RFC 9175 § 2).
    public private(set) var hasEcho = false

    /// Collects the options of a request.
    public init(_ view: borrowing MessageView) {
        collect(view)
    }

    static func mayRepeat(_ number: OptionNumber) -> Bool { number.isRepeatable }

    mutating func take(_ option: borrowing OptionView) -> Bool {
        switch option.number {
        case .uriPath: pathSegmentCount += 1
        case .uriQuery: queryCount += 1
        case .block2: block2 = block(option)
        case .block1: block1 = block(option)
        case .size2: size2 = option.uintValue
        case .size1: size1 = option.uintValue
        case .observe: observe = option.uintValue
        case .accept: accept = option.formatValue
        case .contentFormat: contentFormat = option.formatValue
        case .noResponse: noResponse = option.uintValue
        case .etag: hasETag = true
        case .ifMatch: hasIfMatch = true
        case .ifNoneMatch: hasIfNoneMatch = true
        case .echo: hasEcho = true
        case .proxyUri, .proxyScheme: note(.forwardProxyRequest)
        // Virtual hosts and Request-Tag change nothing for a server that assembles no bodies (RFC 9175 § 3.3).
        case .uriHost, .uriPort, .requestTag: break
        default: return false
        }
        return true
    }
}
