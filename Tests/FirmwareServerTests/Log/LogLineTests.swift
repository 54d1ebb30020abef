import FirmwareServer
import Testing

/// Row by row: what a peer or a file chose cannot look like another field, or another line.
@Suite(.timeLimit(.minutes(15))) struct LogLineTests {
    @Test func messageComesFirstThenFields() {
        let line = LogLine.text(
            time: "2026-03-01T12:00:00.123Z",
            level: .info,
            message: "session established",
            fields: ["peer": "192.0.2.7:40000", "identity": "dev-1"]
        )
        #expect(line == "2026-03-01T12:00:00.123Z info session established identity=dev-1 peer=192.0.2.7:40000\n")
    }

    @Test func anIdentityWithBlanksAndEqualsForgesNoField() {
        let line = LogLine.text(
            time: "T",
            level: .info,
            message: "session established",
            fields: ["identity": "a suite=none level=error\" peer=1.2.3.4:5", "peer": "192.0.2.7:1"]
        )
        let expected = #"identity="a suite=none level=error\" peer=1.2.3.4:5" peer=192.0.2.7:1"#
        #expect(line == "T info session established \(expected)\n")
    }

    @Test(
        arguments: [
            ("dev-1", "dev-1"), ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""),
            ("back\\slash", #""back\\slash""#),
            ("line\nbreak", #""line\nbreak""#), ("\u{1B}[31m", #""\u{1b}[31m""#), ("c1\u{9B}", #""c1\u{9b}""#),
            // Right-to-left override, isolate, Arabic letter mark, zero-width joiner, line separator, soft hyphen.
            ("a\u{202E}b", #""a\u{202e}b""#), ("\u{2066}x", #""\u{2066}x""#), ("\u{61C}x", #""\u{61c}x""#),
            ("a\u{200D}", #""a\u{200d}""#), ("a\u{2028}b", #""a\u{2028}b""#), ("a\u{AD}b", #""a\u{ad}b""#),
            ("a\u{A0}b", #""a\u{a0}b""#), ("Gerät", "\"Gerät\""), ("\u{7F}", #""\u{7f}""#),
        ]
    )
    func valuesAreQuotedAndEscaped(text: String, expected: String) {
        #expect(LogLine.value(text) == expected)
    }

    /// A message may name files: one with an equals sign or a line break is quoted as a whole.
    @Test func aMessageThatCouldBeFieldsIsQuoted() {
        let line = LogLine.text(time: "T", level: .warning, message: "Images/7/x peer=1/\u{202E}\n", fields: [:])
        let expected = #"T warning "Images/7/x peer=1/\u{202e}\n""#
        #expect(line == "\(expected)\n")
    }
}
