import CoAP
import Testing

@Suite("Option values, tokens and entity tags", .timeLimit(.minutes(15)))
struct OptionValueTests {
    @Test(
        arguments: [
            ("", UInt32(0)), ("00", 0), ("07", 7), ("0007", 7), ("00000007", 7), ("0100", 256), ("ffffffff", .max),
        ] as [(String, UInt32)]
    )
    func uintToleratesLeadingZeros(text: String, value: UInt32) {
        #expect(uint(text) == value)
    }

    @Test(arguments: ["0000000000", "0100000000", "ffffffffff"])
    func uintOfFiveBytesIsNone(text: String) {
        #expect(uint(text) == nil)
    }

    @Test(
        arguments: [
            ("0", UInt32(0)), ("7", 7), ("65535", 65_535), ("65536", nil), ("", nil), ("07", nil), ("00", nil),
            ("-1", nil),
            ("+1", nil), ("1a", nil), (" 1", nil), ("99999999999", nil), ("4294967296", nil), ("/", nil), (":", nil),
        ] as [(String, UInt32?)]
    )
    func decimalIsStrict(text: String, value: UInt32?) {
        #expect(decimal(text, maximum: 65_535) == value)
    }

    @Test func decimalReachesItsMaximum() {
        #expect(decimal("4294967295", maximum: .max) == .max)
        #expect(decimal("4294967296", maximum: .max) == nil)
        #expect(decimal("9999999999", maximum: .max) == nil)
    }

    @Test func textIsComparedByteForByte() {
        #expect(isEqual("fw", "fw"))
        #expect(!isEqual("fw", "f"))
        #expect(!isEqual("fw", "FW"))
        #expect(!isEqual("fw", "fw/"))
        #expect(isEqual("", ""))
        #expect(!isEqual("", "f"))
        #expect(isEqual("ü", "ü"))
        let isSame = hex("0102").span.bytes.coapEquals(hex("0102").span.bytes)
        let isPrefix = hex("0102").span.bytes.coapEquals(hex("01").span.bytes)
        #expect(isSame && !isPrefix)
    }

    private func isEqual(_ bytes: String, _ text: StaticString) -> Bool {
        Array(bytes.utf8).span.bytes.coapEquals(text)
    }

    private func decimal(_ text: String, maximum: UInt32) -> UInt32? {
        Array(text.utf8).span.bytes.coapDecimal(maximum: maximum)
    }

    private func uint(_ text: String) -> UInt32? {
        decodeUInt(hex(text).span.bytes)
    }

    private func token(_ bytes: [UInt8]) -> Token? {
        Token(bytes: bytes.span.bytes)
    }

    private func etag(_ bytes: [UInt8]) -> ETag? {
        ETag(bytes: bytes.span.bytes)
    }

    @Test func tokensHoldZeroToEightBytes() throws {
        for count in 0...8 {
            let bytes = Array(hex("f102030405060708")[..<count])
            let token = try #require(self.token(bytes))
            #expect(token.byteCount == count)
            #expect(token.withBytes { array($0) } == bytes)
            #expect((0..<count).map { token[$0] } == bytes)
            #expect(token[count] == nil && token[-1] == nil)
            #expect(token == Token(value: token.value, length: count))
        }
        #expect(token(hex("010203040506070809")) == nil)
        #expect(Token(value: 0, length: 9) == nil)
        #expect(Token(value: 0, length: -1) == nil)
        #expect(Token(value: 0xFF01, length: 1) == Token(value: 0x01, length: 1))
        #expect(Token(0x0102_0304_0506_0708).withBytes { array($0) } == hex("0102030405060708"))
        #expect(Token.empty == Token(value: 5, length: 0))
    }

    @Test func lengthIsPartOfTheToken() {
        let tokens: Set<Token> = Set((0...8).compactMap { Token(value: 0, length: $0) })
        #expect(tokens.count == 9)
    }

    @Test func entityTagsHoldOneToEightBytes() throws {
        #expect(etag([]) == nil)
        #expect(ETag(value: 0, length: 0) == nil)
        #expect(etag(hex("010203040506070809")) == nil)
        #expect(ETag(value: 0, length: 9) == nil)
        for count in 1...8 {
            let bytes = Array(hex("00f2030405060708")[..<count])
            let etag = try #require(self.etag(bytes))
            #expect(etag.byteCount == count)
            #expect(etag.withBytes { array($0) } == bytes)
            #expect((0..<count).map { etag[$0] } == bytes)
            #expect(etag[count] == nil)
            #expect(etag == ETag(value: etag.value, length: count))
        }
        #expect(ETag(0x0102_0304_0506_0708) == etag(hex("0102030405060708")))
        #expect(ETag(value: 1, length: 1) != ETag(value: 1, length: 2))
    }
}
