import Foundation
import HostSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct TextTests {
    /// Whatever is in it, the text is one JSON string on one line.
    @Test func anyTextIsOneJSONString() throws {
        for value in (0...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{1F600}"] {
            let text = "a\(value)b"
            var object = JSONObject()
            object.set("k\(value)", text)
            #expect(!object.text.contains { $0.isNewline && $0.isASCII })
            let parsed = try JSONSerialization.jsonObject(with: Data(object.text.utf8)) as? [String: String]
            #expect(parsed?.first?.value.unicodeScalars.elementsEqual(text.unicodeScalars) == true, "\(value.value)")
        }
    }

    @Test func numbersAndNothingAreNoStrings() {
        var object = JSONObject()
        object.set("number", -3)
        object.set("none", nil as Int?)
        object.set("flag", flag: true)
        object.set("list", list: ["a", "\""])
        #expect(object.text == #"{"number":-3,"none":null,"flag":true,"list":["a","\""]}"#)
    }

    @Test(
        arguments: [
            ("coaps://h", "coaps://h:5684"), ("coap://h", "coap://h:5683"), ("COAPS://h:1/", "coaps://h:1"),
            ("coaps://[::1]", "coaps://[::1]:5684"), ("coaps://[::1]:7", "coaps://[::1]:7"), ("coaps://h:0", nil),
            ("coaps://h:65536", nil), ("coaps://::1", nil), ("coaps://", nil), ("coaps://h/fw", nil),
            ("coaps://a@h", nil),
            ("http://h", nil), ("h", nil), ("coaps://h:", nil), ("coaps://h:+1", nil),
        ] as [(String, String?)]
    )
    func servers(text: String, expected: String?) {
        #expect(ServerAddress(text)?.description == expected)
    }

    @Test func hexIsPairsOfDigits() {
        #expect(Hex.decode("00fFA9".utf8) == [0, 255, 0xA9])
        #expect(Hex.encode([0, 255, 0xA9]) == "00ffa9")
        for text in ["0", "0g", " 00", "0x", "000"] { #expect(Hex.decode(text.utf8) == nil, "\(text)") }
    }

    @Test func decimalNumbers() {
        #expect(DecimalNumber.parse("0".utf8, limit: 9) == 0)
        #expect(DecimalNumber.parse("4294967295".utf8, limit: 4_294_967_295) == 4_294_967_295)
        #expect(DecimalNumber.parse16("65535".utf8) == 65535)
        for text in ["", "00", "01", "+1", "-1", "65536", "99999999999", "1 "] {
            #expect(DecimalNumber.parse16(text.utf8) == nil, "\(text)")
        }
    }

    @Test(
        arguments: [
            ("125ms", .milliseconds(125)), ("1.5s", .milliseconds(1500)), ("250us", .microseconds(250)),
            ("7ns", .nanoseconds(7)), ("2m", .seconds(120)), ("0.5h", .seconds(1800)), ("720h", .seconds(2_592_000)),
            ("721h", nil), ("5", nil), ("", nil), ("s", nil), ("-1s", nil), ("1e3s", nil), ("1 s", nil), (".5s", nil),
            ("5.s", nil), ("infs", nil), ("1s ", nil), ("99999999999999999999999999s", nil),
        ] as [(String, Duration?)]
    )
    func durations(text: String, expected: Duration?) {
        #expect(Duration(parsing: text) == expected)
    }
}
