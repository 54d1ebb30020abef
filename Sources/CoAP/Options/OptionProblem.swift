/// Why a message cannot be processed although its format is right: an option in it is not acceptable.
///
/// In a request it is answered with ``responseCode``. A response with it is rejected: `Rejection(of:messageID:)`
/// (RFC 7252 § 5.4.1).
public enum OptionProblem: Equatable, Sendable {
    /// A critical option that is unknown, out of its length bounds (§ 5.4.3) or repeated without being repeatable
    /// (§ 5.4.5).
    case unacceptableCriticalOption(OptionNumber)
    /// A block option with SZX 7 (RFC 7959 § 2.2).
    case reservedBlockSize(OptionNumber)
    /// Proxy-Uri or Proxy-Scheme: the request is for a forward proxy (RFC 7252 § 5.10.2).
    case forwardProxyRequest

    /// The code of the response to a request with this problem.
    public var responseCode: Code {
        switch self {
        case .unacceptableCriticalOption: .badOption
        case .reservedBlockSize: .badRequest
        case .forwardProxyRequest: .proxyingNotSupported
        }
    }

    /// Its diagnostic payload (RFC 7252 § 5.5.2).
    public var diagnostic: StaticString {
        switch self {
        case .unacceptableCriticalOption: "critical option not understood"
        case .reservedBlockSize: "block size exponent 7 is reserved"
        case .forwardProxyRequest: "this is no proxy"
        }
    }
}
