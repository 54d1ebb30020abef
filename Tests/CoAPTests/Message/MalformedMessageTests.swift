import CoAP
import Testing

/// A datagram that is no message, and why.
struct MalformedExample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let error: MessageError

    var testDescription: String { name }

    init(_ name: String, _ text: String, _ error: MessageError) {
        self.name = name
        self.bytes = hex(text)
        self.error = error
    }

    /// A format error in a confirmable message of ID 0x1234.
    init(_ name: String, _ text: String, _ violation: FormatViolation) {
        self.init(name, text, .malformed(violation, type: .confirmable, messageID: 0x1234))
    }

    static let all: [MalformedExample] =
        [
            MalformedExample("nothing", "", .truncated(byteCount: 0)),
            MalformedExample("one byte", "40", .truncated(byteCount: 1)),
            MalformedExample("two bytes", "4001", .truncated(byteCount: 2)),
            MalformedExample("three bytes", "400112", .truncated(byteCount: 3)),
            MalformedExample("version 0", "00 01 1234", .unsupportedVersion(0)),
            MalformedExample("version 2", "80 01 1234", .unsupportedVersion(2)),
            MalformedExample("version 3", "c0 01 1234", .unsupportedVersion(3)),
            MalformedExample("version 3 and everything else wrong", "ff ff ffff ff", .unsupportedVersion(3)),
            MalformedExample("token missing", "48 01 1234", .truncatedToken),
            MalformedExample("token one byte short", "48 01 1234 01020304050607", .truncatedToken),
            MalformedExample("empty with a token", "41 00 1234 01", .contentInEmptyMessage),
            MalformedExample("empty with a token length only", "41 00 1234", .contentInEmptyMessage),
            MalformedExample("empty with an option", "40 00 1234 b0", .contentInEmptyMessage),
            MalformedExample("empty with a payload", "40 00 1234 ff 00", .contentInEmptyMessage),
            MalformedExample("empty with a marker", "40 00 1234 ff", .contentInEmptyMessage),
            MalformedExample("marker without payload", "40 01 1234 ff", .missingPayload),
            MalformedExample("marker without payload after an option", "40 01 1234 b1 61 ff", .missingPayload),
            MalformedExample("delta 13 without its byte", "40 01 1234 d0", .truncatedOptionHeader),
            MalformedExample("delta 14 without its bytes", "40 01 1234 e0", .truncatedOptionHeader),
            MalformedExample("delta 14 with one byte", "40 01 1234 e0 00", .truncatedOptionHeader),
            MalformedExample("length 13 without its byte", "40 01 1234 0d", .truncatedOptionHeader),
            MalformedExample("length 14 without its bytes", "40 01 1234 0e", .truncatedOptionHeader),
            MalformedExample("length 14 with one byte", "40 01 1234 0e 00", .truncatedOptionHeader),
            MalformedExample("delta 14 and length 14, three bytes", "40 01 1234 ee 000000", .truncatedOptionHeader),
            MalformedExample("length 1 without value", "40 01 1234 01", .truncatedOptionValue),
            MalformedExample("length 12, 11 bytes", "40 01 1234 0c 0102030405060708090a0b", .truncatedOptionValue),
            MalformedExample("length 13, nothing", "40 01 1234 0d 00", .truncatedOptionValue),
            MalformedExample("length 65804, 2 bytes", "40 01 1234 0e ffff 0102", .truncatedOptionValue),
            MalformedExample("length 15", "40 01 1234 0f", .reservedOptionLength),
            MalformedExample("delta 13 and length 15", "40 01 1234 df 00 00", .reservedOptionLength),
            MalformedExample("number 65536", "40 01 1234 e0 fef3", .optionNumberOverflow),
            MalformedExample("number 65536 and a length past the end", "40 01 1234 e1 fef3", .optionNumberOverflow),
            MalformedExample("number 65804 in one option", "40 01 1234 e0 ffff", .optionNumberOverflow),
            MalformedExample("number 65536 by a second option", "40 01 1234 e0 fef2 10", .optionNumberOverflow),
            MalformedExample("number 65536 by a delta of 13", "40 01 1234 e0 fee6 d0 00", .optionNumberOverflow),
        ]
        + (9...15).map { length in
            MalformedExample(
                "token length \(length)",
                "4\(String(length, radix: 16)) 01 1234" + String(repeating: "00", count: 32),
                .reservedTokenLength(UInt8(length))
            )
        }
        + (0...14).map { length in
            MalformedExample(
                "delta 15 and length \(length)",
                "40 01 1234 f\(String(length, radix: 16))" + String(repeating: "00", count: 32),
                .reservedOptionDelta
            )
        }

    /// Reading the first n bytes of `44 …` for each n; nil where they happen to be a whole message.
    static let longMessage = hex("42 01 1234 abcd b2 6677 d1 24 05 ed 06b8 00 000102030405060708090a0b0c ff 0102")
    static let prefixes: [(count: Int, violation: FormatViolation?)] =
        [
            (4, .truncatedToken), (5, .truncatedToken), (6, nil),
            (7, .truncatedOptionValue), (8, .truncatedOptionValue), (9, nil),
            (10, .truncatedOptionHeader), (11, .truncatedOptionValue), (12, nil),
            (13, .truncatedOptionHeader), (14, .truncatedOptionHeader), (15, .truncatedOptionHeader),
        ] + (16...28).map { ($0, .truncatedOptionValue) } + [(29, nil), (30, .missingPayload), (31, nil), (32, nil)]
}

@Suite("Datagrams that are no CoAP messages", .timeLimit(.minutes(15)))
struct MalformedMessageTests {
    @Test(arguments: MalformedExample.all)
    func isRejected(_ example: MalformedExample) {
        #expect(throws: example.error) { try DecodedMessage(datagram: example.bytes) }
    }

    @Test func truncationIsNoticedAtEachByte() {
        let whole = MalformedExample.longMessage
        #expect(MalformedExample.prefixes.map(\.count) == Array(4...whole.count))
        for (count, violation) in MalformedExample.prefixes {
            let prefix = Array(whole[..<count])
            guard let violation else {
                #expect(throws: Never.self, "\(count) bytes") { try DecodedMessage(datagram: prefix) }
                continue
            }
            #expect(
                throws: MessageError.malformed(violation, type: .confirmable, messageID: 0x1234),
                "\(count) bytes"
            ) { try DecodedMessage(datagram: prefix) }
        }
    }

    /// RFC 7252 § 4.2 and 4.3: who gets a reset for a format error.
    @Test(arguments: [
        (MessageType.confirmable, Rejection.resetRequired(messageID: 0xBEEF)),
        (.nonConfirmable, .resetPermitted(messageID: 0xBEEF)),
        (.acknowledgement, .ignore),
        (.reset, .ignore),
    ])
    func formatErrorIsRejectedByType(type: MessageType, rejection: Rejection) {
        var datagram = hex("40 01 beef ff")
        datagram[0] |= type.rawValue << 4
        var thrown: MessageError?
        do {
            _ = try DecodedMessage(datagram: datagram)
        } catch {
            thrown = error
        }
        #expect(thrown == .malformed(.missingPayload, type: type, messageID: 0xBEEF))
        #expect(thrown?.rejection == rejection)
        #expect(rejection.requiredReset == (type == .confirmable ? .reset(messageID: 0xBEEF) : nil))
    }

    @Test func unknownVersionsAndScrapsAreIgnored() {
        #expect(MessageError.unsupportedVersion(2).rejection == .ignore)
        #expect(MessageError.truncated(byteCount: 3).rejection == .ignore)
    }

    /// RFC 7252 § 4.2, § 4.3, table 1: every type with every code.
    @Test(arguments: [MessageType.confirmable, .nonConfirmable, .acknowledgement, .reset])
    func roleFollowsTypeAndCode(type: MessageType) throws {
        for rawValue in UInt8.min...UInt8.max {
            let code = Code(rawValue: rawValue)
            let message = DecodedMessage(type: type, code: code, messageID: 7)
            let expected: MessageRole
            switch (type, code.codeClass, code.detail) {
            case (.confirmable, 0, 0): expected = .ping
            case (.acknowledgement, 0, 0): expected = .emptyAcknowledgement
            case (.reset, 0, 0): expected = .reset
            case (.confirmable, 0, _), (.nonConfirmable, 0, 1...): expected = .request
            case (.confirmable, 2...5, _), (.nonConfirmable, 2...5, _), (.acknowledgement, 2...5, _):
                expected = .response
            case (.confirmable, _, _): expected = .unacceptable(.resetRequired(messageID: 7))
            case (.nonConfirmable, _, _): expected = .unacceptable(.resetPermitted(messageID: 7))
            case (.acknowledgement, _, _), (.reset, _, _): expected = .unacceptable(.ignore)
            }
            let bytes = message.referenceEncoding()
            #expect(try MessageView(bytes.span.bytes).role == expected, "code \(code.codeClass).\(code.detail)")
        }
    }
}
