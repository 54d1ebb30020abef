import CCoAP
import Credentials
import Glibc

/// What a server answered, as libcoap read it.
struct LibcoapAnswer {
    let codeClass: Int
    let codeDetail: Int
    let etag: [UInt8]?
    let contentFormat: UInt32?
    let size2: UInt32?
    /// Number, more, SZX.
    let block2: (number: UInt32, more: Bool, szx: UInt32)?
    let echo: [UInt8]?
    let payload: [UInt8]

    /// `4.04`
    var code: String { "\(codeClass).\(codeDetail < 10 ? "0" : "")\(codeDetail)" }
}

/// Why there was no answer.
enum LibcoapFailure: Error {
    /// No memory, no socket.
    case setUp
    case timedOut
    /// The handshake failed: libcoap or the server gave it up.
    case handshakeFailed
    /// The server rejected the request with a reset, or is not there (ICMP).
    case rejected
}

/// A client of libcoap's with one session, over DTLS or plain: an implementation of CoAP and DTLS use that shares
/// nothing with this project's own. Single-threaded; C callbacks find it through the context's application data.
final class LibcoapClient {
    private let context: OpaquePointer
    private var session: OpaquePointer?
    private let identity: UnsafeMutableBufferPointer<UInt8>
    /// Wiped at the end.
    private let key: UnsafeMutableBufferPointer<UInt8>
    fileprivate var answer: LibcoapAnswer?
    fileprivate var failure: LibcoapFailure?
    private var nextToken: UInt16 = 1
    fileprivate var expectedToken: [UInt8] = []

    /// - Parameters:
    ///   - address: The server.
    ///   - credentials: Nil: plain CoAP.
    /// - Throws: ``LibcoapFailure/setUp``.
    init(_ address: coap_address_t, _ credentials: (identity: PSKIdentity, key: [UInt8])?) throws {
        coap_startup()
        coap_set_log_level(coap_log_t(0))
        coap_dtls_set_log_level(0)
        guard let context = coap_new_context(nil) else { throw LibcoapFailure.setUp }
        self.context = context
        let (name, secret) = (credentials?.identity.bytes ?? [], credentials?.key ?? [])
        identity = .allocate(capacity: name.count)
        _ = identity.initialize(from: name)
        key = .allocate(capacity: secret.count)
        _ = key.initialize(from: secret)

        coap_set_app_data(context, Unmanaged.passUnretained(self).toOpaque())
        coap_register_response_handler(context) { session, _, received, _ in
            LibcoapClient.owner(of: session)?.take(received)
            return COAP_RESPONSE_OK
        }
        coap_register_nack_handler(context) { session, _, reason, _ in
            let client = LibcoapClient.owner(of: session)
            client?.failure = reason == COAP_NACK_TLS_FAILED ? .handshakeFailed : .rejected
        }
        coap_register_event_handler(context) { session, event in
            if event == COAP_EVENT_DTLS_ERROR { LibcoapClient.owner(of: session)?.failure = .handshakeFailed }
            return 0
        }

        var server = address
        guard credentials != nil else {
            session = coap_new_client_session(context, nil, &server, COAP_PROTO_UDP)
            guard session != nil else { throw LibcoapFailure.setUp }
            return
        }
        var setUp = coap_dtls_cpsk_t()
        setUp.version = UInt8(COAP_DTLS_CPSK_SETUP_VERSION)
        setUp.psk_info.identity = coap_bin_const_t(length: self.identity.count, s: self.identity.baseAddress)
        setUp.psk_info.key = coap_bin_const_t(length: self.key.count, s: self.key.baseAddress)
        session = coap_new_client_session_psk2(context, nil, &server, COAP_PROTO_DTLS, &setUp)
        guard session != nil else { throw LibcoapFailure.setUp }
    }

    deinit {
        if let session { coap_session_release(session) }
        coap_free_context(context)
        identity.deallocate()
        // A key in memory is wiped when it is no longer needed.
        key.update(repeating: 0)
        key.deallocate()
    }

    private static func owner(of session: OpaquePointer?) -> LibcoapClient? {
        guard let session, let context = coap_session_get_context(session), let data = coap_get_app_data(context) else {
            return nil
        }
        return Unmanaged<LibcoapClient>.fromOpaque(data).takeUnretainedValue()
    }

    /// RFC 9175 § 2.2.1; libcoap 4.3.1 does not know it.
    private static let echoNumber: coap_option_num_t = 252

    /// Sends a confirmable GET and waits for its answer. A server that asks whether this is really the address that
    /// the request names (4.01 with an Echo option, RFC 9175 § 2.3) is told so.
    ///
    /// - Parameters:
    ///   - path: Segments of the path.
    ///   - block: Number and SZX of a Block2 option; `nil`: none.
    ///   - deadline: When to give up.
    /// - Returns: The answer, whatever its code.
    /// - Throws: ``LibcoapFailure``.
    func get(
        _ path: [String],
        block: (number: UInt32, szx: UInt32)? = nil,
        until deadline: Deadline
    ) throws -> LibcoapAnswer {
        let answer = try exchange(path, block, echo: nil, deadline)
        guard answer.code == "4.01", let echo = answer.echo else { return answer }
        return try exchange(path, block, echo: echo, deadline)
    }

    private func exchange(
        _ path: [String],
        _ block: (number: UInt32, szx: UInt32)?,
        echo: [UInt8]?,
        _ deadline: Deadline
    ) throws -> LibcoapAnswer {
        guard let session, let pdu = coap_new_pdu(COAP_MESSAGE_CON, COAP_REQUEST_CODE_GET, session) else {
            throw LibcoapFailure.setUp
        }
        answer = nil
        failure = nil
        expectedToken = [UInt8(nextToken >> 8), UInt8(nextToken & 0xFF)]
        nextToken &+= 1
        coap_add_token(pdu, expectedToken.count, expectedToken)
        for segment in path {
            let bytes = Array(segment.utf8)
            coap_add_option(pdu, coap_option_num_t(COAP_OPTION_URI_PATH), bytes.count, bytes)
        }
        if let block {
            let bytes = LibcoapClient.uint(block.number << 4 | block.szx)
            coap_add_option(pdu, coap_option_num_t(COAP_OPTION_BLOCK2), bytes.count, bytes)
        }
        if let echo { coap_add_option(pdu, Self.echoNumber, echo.count, echo) }
        guard coap_send(session, pdu) != COAP_INVALID_MID else { throw failure ?? LibcoapFailure.rejected }
        while answer == nil {
            if let failure { throw failure }
            let left = deadline.millisecondsLeft
            guard left > 0 else { throw LibcoapFailure.timedOut }
            // In short steps: libcoap's own timers decide about retransmissions in between.
            guard coap_io_process(context, min(left, 200)) >= 0 else { throw LibcoapFailure.setUp }
        }
        guard let answer else { throw LibcoapFailure.timedOut }
        return answer
    }

    private func take(_ pdu: OpaquePointer?) {
        guard let pdu else { return }
        let token = coap_pdu_get_token(pdu)
        guard Array(UnsafeBufferPointer(start: token.s, count: token.length)) == expectedToken else { return }
        var length = 0
        var data: UnsafePointer<UInt8>?
        coap_get_data(pdu, &length, &data)
        let block = LibcoapClient.option(pdu, COAP_OPTION_BLOCK2).map(LibcoapClient.number)
        let code = Int(coap_pdu_get_code(pdu).rawValue)
        answer = LibcoapAnswer(
            codeClass: code >> 5,
            codeDetail: code & 31,
            etag: LibcoapClient.option(pdu, COAP_OPTION_ETAG),
            contentFormat: LibcoapClient.option(pdu, COAP_OPTION_CONTENT_FORMAT).map(LibcoapClient.number),
            size2: LibcoapClient.option(pdu, COAP_OPTION_SIZE2).map(LibcoapClient.number),
            block2: block.map { (number: $0 >> 4, more: $0 & 8 != 0, szx: $0 & 7) },
            echo: LibcoapClient.option(pdu, Int32(LibcoapClient.echoNumber)),
            payload: Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : length))
        )
    }

    private static func option(_ pdu: OpaquePointer, _ number: Int32) -> [UInt8]? {
        var iterator = coap_opt_iterator_t()
        guard let option = coap_check_option(pdu, coap_option_num_t(number), &iterator) else { return nil }
        return Array(UnsafeBufferPointer(start: coap_opt_value(option), count: Int(coap_opt_length(option))))
    }

    private static func number(_ bytes: [UInt8]) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func uint(_ value: UInt32) -> [UInt8] {
        Array((0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }.drop { $0 == 0 })
    }
}

/// A moment on the monotonic clock.
struct Deadline {
    private let moment: ContinuousClock.Instant

    init(in duration: Duration) {
        moment = ContinuousClock.now + duration
    }

    private init(_ moment: ContinuousClock.Instant) {
        self.moment = moment
    }

    /// The earlier of this one and one in `duration` from now.
    func orIn(_ duration: Duration) -> Deadline {
        Deadline(min(moment, ContinuousClock.now + duration))
    }

    var millisecondsLeft: UInt32 {
        let left = moment - ContinuousClock.now
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        return UInt32(clamping: milliseconds)
    }
}
