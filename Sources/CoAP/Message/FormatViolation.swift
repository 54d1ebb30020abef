/// What makes a datagram with a readable header no CoAP message: the message format errors of RFC 7252 § 3 and § 4.1.
public enum FormatViolation: Error, Equatable, Sendable {
    /// Token length 9…15 (§ 3: must be processed as a message format error).
    case reservedTokenLength(UInt8)
    /// The datagram ends inside the token.
    case truncatedToken
    /// Code 0.00 with a token length, or with bytes after the message ID (§ 4.1).
    case contentInEmptyMessage
    /// The datagram ends inside the delta or length extension bytes of an option.
    case truncatedOptionHeader
    /// Option delta nibble 15 in a byte that is not the payload marker (§ 3.1).
    case reservedOptionDelta
    /// Option length nibble 15 (§ 3.1).
    case reservedOptionLength
    /// The deltas add up to an option number above 65535, which cannot exist.
    case optionNumberOverflow
    /// An option's value goes past the end of the datagram.
    case truncatedOptionValue
    /// A payload marker with nothing behind it (§ 3).
    case missingPayload
}
