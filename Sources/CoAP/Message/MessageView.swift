/// A received message, read in place (RFC 7252 § 3).
///
/// Making one validates the whole datagram, so that nothing fails afterwards. Nothing is copied but the header and the
/// token, nothing is allocated; the view lives as long as the datagram's span.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +---+---+-------+---------------+-------------------------------+
/// |Ver| T |  TKL  |      Code     |          Message ID           |
/// +---+---+-------+---------------+-------------------------------+
/// |   Token (if any, TKL bytes) ...
/// +---------------------------------------------------------------+
/// |   Options (if any) ...
/// +-+-+-+-+-+-+-+-+-----------------------------------------------+
/// |1 1 1 1 1 1 1 1|    Payload (if any) ...
/// +-+-+-+-+-+-+-+-+-----------------------------------------------+
/// ```
public struct MessageView: ~Escapable {
    /// Confirmable, non-confirmable, acknowledgement or reset.
    public let type: MessageType
    /// Method, response code or 0.00.
    public let code: Code
    /// Matches acknowledgements and resets with messages, and finds duplicates.
    public let messageID: UInt16
    /// Matches responses with requests.
    public let token: Token

    @usableFromInline let bytes: RawSpan
    @usableFromInline let optionsStart: Int
    @usableFromInline let optionsEnd: Int
    @usableFromInline let payloadStart: Int

    /// Reads and validates one datagram.
    ///
    /// - Parameter datagram: the UDP payload or DTLS plaintext, whole.
    /// - Throws: `.truncated`, `.unsupportedVersion`, `.malformed`; their `rejection` says what to do then.
    @_lifetime(copy datagram)
    public init(_ datagram: RawSpan) throws(MessageError) {
        guard datagram.byteCount >= 4 else { throw .truncated(byteCount: datagram.byteCount) }
        let first = datagram.coapByte(at: 0)
        // RFC 7252 § 3: messages with unknown version numbers must be silently ignored.
        guard first >> 6 == 1 else { throw .unsupportedVersion(first >> 6) }
        let type: MessageType
        switch first >> 4 & 0x03 {
        case 0: type = .confirmable
        case 1: type = .nonConfirmable
        case 2: type = .acknowledgement
        default: type = .reset
        }
        let code = Code(rawValue: datagram.coapByte(at: 1))
        let messageID = UInt16(datagram.coapByte(at: 2)) << 8 | UInt16(datagram.coapByte(at: 3))
        let layout: MessageLayout
        do {
            layout = try MessageLayout(datagram, tokenLength: Int(first & 0x0F), isEmpty: code.isEmpty)
        } catch {
            throw .malformed(error, type: type, messageID: messageID)
        }
        self.type = type
        self.code = code
        self.messageID = messageID
        self.token = layout.token
        self.bytes = datagram
        self.optionsStart = 4 + layout.token.byteCount
        self.optionsEnd = layout.optionsEnd
        self.payloadStart = layout.payloadStart
    }

    /// An iterator at the first option.
    @inlinable
    public var options: OptionIterator {
        @_lifetime(copy self)
        get { OptionIterator(bytes, start: optionsStart, end: optionsEnd) }
    }

    /// The payload; empty if there is none.
    @inlinable
    public var payload: RawSpan {
        @_lifetime(copy self)
        get { bytes.extracting(payloadStart..<bytes.byteCount) }
    }
}

/// Where the parts of a valid message are.
private struct MessageLayout {
    let token: Token
    let optionsEnd: Int
    let payloadStart: Int

    init(_ bytes: RawSpan, tokenLength: Int, isEmpty: Bool) throws(FormatViolation) {
        guard tokenLength <= 8 else { throw .reservedTokenLength(UInt8(truncatingIfNeeded: tokenLength)) }
        // RFC 7252 § 4.1: token length 0 and no bytes after the message ID, or it is a format error.
        guard !isEmpty || (tokenLength == 0 && bytes.byteCount == 4) else { throw .contentInEmptyMessage }
        guard bytes.byteCount >= 4 + tokenLength,
            let token = Token(bytes: bytes.extracting(4..<(4 + tokenLength)))
        else { throw .truncatedToken }
        var position = 4 + tokenLength
        var number: UInt16 = 0
        // Each round consumes at least one byte.
        while position < bytes.byteCount {
            if bytes.coapByte(at: position) == 0xFF {
                guard position + 1 < bytes.byteCount else { throw .missingPayload }
                self.token = token
                self.optionsEnd = position
                self.payloadStart = position + 1
                return
            }
            let option = try OptionHeader(bytes, at: position, after: number)
            position = option.valueEnd
            number = option.number
        }
        self.token = token
        self.optionsEnd = position
        self.payloadStart = position
    }
}
