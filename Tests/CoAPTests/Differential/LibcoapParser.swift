import CCoAP
import CoAP

/// Owns one libcoap PDU and parses datagrams into it, over and over.
final class LibcoapParser {
    private let pdu: OpaquePointer

    init?() {
        // libcoap logs every datagram that it dislikes.
        coap_set_log_level(coap_log_t(0))
        guard
            let pdu = coap_pdu_init(
                coap_pdu_type_t(rawValue: 0),
                coap_pdu_code_t(rawValue: 0),
                0,
                1 << 17
            )
        else { return nil }
        self.pdu = pdu
    }

    deinit {
        coap_delete_pdu(pdu)
    }

    /// Whether libcoap takes the datagram; its parts can then be compared.
    func accepts(_ datagram: [UInt8]) -> Bool {
        datagram.withUnsafeBytes { bytes in
            coap_pdu_parse(coap_proto_t(rawValue: 1), bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, pdu)
                == 1
        }
    }

    /// The first part in which the datagram that was parsed last differs from a view of it, or nil.
    func difference(from view: borrowing MessageView) -> String? {
        if coap_pdu_get_type(pdu).rawValue != UInt32(view.type.rawValue) { return "type" }
        if coap_pdu_get_code(pdu).rawValue != UInt32(view.code.rawValue) { return "code" }
        if coap_pdu_get_mid(pdu) != Int32(view.messageID) { return "message ID" }
        let token = coap_pdu_get_token(pdu)
        if !view.token.withBytes({ isEqual($0, token.s, token.length) }) { return "token" }
        if let option = optionDifference(view) { return option }
        var length = 0
        var data: UnsafePointer<UInt8>?
        if coap_get_data(pdu, &length, &data) == 0 {
            return view.payload.isEmpty ? nil : "payload that libcoap does not see"
        }
        return length > 0 && isEqual(view.payload, data, length) ? nil : "payload"
    }

    private func optionDifference(_ view: borrowing MessageView) -> String? {
        var iterator = coap_opt_iterator_t()
        let hasOptions = coap_option_iterator_init(pdu, &iterator, nil) != nil
        var options = view.options
        while let ours = options.next() {
            guard hasOptions, let theirs = coap_option_next(&iterator) else {
                return "option that libcoap does not see"
            }
            if iterator.number != ours.number.rawValue { return "option number" }
            if !isEqual(ours.value, coap_opt_value(theirs), Int(coap_opt_length(theirs))) { return "option value" }
        }
        return hasOptions && coap_option_next(&iterator) != nil ? "option that only libcoap sees" : nil
    }

    private func isEqual(_ ours: RawSpan, _ theirs: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
        guard count > 0 else { return ours.isEmpty }
        return ours.coapEquals(RawSpan(_unsafeElements: UnsafeBufferPointer(start: theirs, count: count)))
    }
}
