import CoAP

/// Where libcoap 4.3.1 and this codec rightly differ about a datagram, each for a reason that is known and checked.
enum KnownDifference: String, CaseIterable, Sendable {
    /// libcoap drops the whole message when the value of an option that it knows is too long or too short.
    /// RFC 7252 § 5.4.3 has such an option treated like an unknown one: a critical one is answered with 4.02, an
    /// elective one is ignored, and the message goes on. That is done above the codec, by `hasValidLength`.
    case optionLengthOutOfBounds
    /// libcoap drops a message with an empty Uri-Query; RFC 7252 table 4 allows 0 to 255 bytes.
    case emptyUriQuery
    /// libcoap checks the options of signalling messages over UDP too. RFC 7252 § 4.2 has messages of code class 7
    /// rejected as a whole, which is done above the codec, by `role`.
    case signallingOptionLength
    /// libcoap adds up an option delta in 16 bits: 65536…65548 become 0…12. RFC 7252 § 3.1 adds the whole delta, and
    /// option numbers end at 65535 (§ 12.2).
    case deltaWrapsAround
}

/// What two readers made of one datagram.
enum Comparison: Equatable, Sendable {
    case bothAccept
    case bothReject
    case known(KnownDifference)
    /// A difference that nobody has explained: a failure.
    case unexplained(String)

    /// Reads the datagram with both, and explains what differs.
    init(_ datagram: [UInt8], libcoap: LibcoapParser) {
        let bytes = datagram.span.bytes
        let theirs = libcoap.accepts(datagram)
        do {
            let view = try MessageView(bytes)
            // Libcoap's verdict must be what is known of libcoap, in both directions.
            switch (theirs, KnownDifference(rejecting: view)) {
            case (true, nil):
                self = libcoap.difference(from: view).map { .unexplained("different \($0)") } ?? .bothAccept
            case (false, let difference?):
                self = .known(difference)
            case (false, nil):
                self = .unexplained("only libcoap rejects")
            case (true, let difference?):
                self = .unexplained("libcoap accepts in spite of \(difference)")
            }
        } catch {
            guard theirs else {
                self = .bothReject
                return
            }
            if case .malformed(.optionNumberOverflow, _, _) = error, KnownDifference.hasWrappingDelta(datagram) {
                self = .known(.deltaWrapsAround)
            } else {
                self = .unexplained("only libcoap accepts, we say \(error)")
            }
        }
    }
}

extension KnownDifference {
    /// Why libcoap rejects a message that is well-formed, or nil if it should accept.
    init?(rejecting view: borrowing MessageView) {
        var options = view.options
        while let option = options.next() {
            let length = option.value.byteCount
            if view.code.codeClass == 7 {
                guard Self.signallingBounds(code: view.code, option: option.number)?.contains(length) == false else {
                    continue
                }
                self = .signallingOptionLength
                return
            }
            if option.number == .uriQuery, length == 0 {
                self = .emptyUriQuery
                return
            }
            // libcoap 4.3.1 knows no bounds for the younger options, and lets an empty Echo pass.
            switch option.number {
            case .qBlock1, .qBlock2, .edhoc, .ocfContentFormatVersion, .ocfAcceptContentFormatVersion: continue
            case .echo where length == 0: continue
            default: break
            }
            if !option.hasValidLength {
                self = .optionLengthOutOfBounds
                return
            }
        }
        return nil
    }

    /// RFC 8323 § 5.3 to 5.6: the bounds of signalling options.
    private static func signallingBounds(code: Code, option: OptionNumber) -> ClosedRange<Int>? {
        switch (code.detail, option.rawValue) {
        case (1, 2): return 0...4
        case (1, 4), (2, 2), (3, 2): return 0...0
        case (4, 2): return 1...255
        case (4, 4): return 0...3
        case (5, 2): return 0...2
        default: return nil
        }
    }

    /// Whether the datagram has an option whose delta alone needs 17 bits and is small again in 16.
    static func hasWrappingDelta(_ datagram: [UInt8]) -> Bool {
        var position = 4 + Int(datagram[0] & 0x0F)
        while position < datagram.count, datagram[position] != 0xFF {
            let nibbles = [Int(datagram[position] >> 4), Int(datagram[position] & 0x0F)]
            position += 1
            var values: [Int] = []
            for nibble in nibbles {
                let extensionBytes = nibble == 14 ? 2 : nibble == 13 ? 1 : 0
                guard position + extensionBytes <= datagram.count else { return false }
                let extended = datagram[position..<(position + extensionBytes)].reduce(0) { $0 << 8 | Int($1) }
                values.append(nibble == 14 ? 269 + extended : nibble == 13 ? 13 + extended : nibble)
                position += extensionBytes
            }
            if (65_536...65_548).contains(values[0]) { return true }
            position += values[1]
        }
        return false
    }
}
