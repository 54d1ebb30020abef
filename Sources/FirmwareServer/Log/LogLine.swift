import Logging

/// A line of the log: time, level, message, then the fields.
///
///     2026-03-01T12:00:00.123Z info session established identity="device one" peer=192.0.2.7:40000
///
/// Whatever a peer or a file chose cannot look like another field or another line: a value that has more than letters,
/// digits and a few signs stands in quotes, and in it quotes, backslashes and every character that does not print
/// (controls, line ends, bidirectional and other format characters) are escaped.
package enum LogLine {
    /// - Parameters:
    ///   - time: as it is to be written.
    ///   - level: of the line.
    ///   - message: what happened. In quotes if it could be taken for fields.
    ///   - fields: sorted by name.
    /// - Returns: the line with its end.
    package static func text(
        time: String,
        level: Logger.Level,
        message: String,
        fields: Logger.Metadata
    ) -> String {
        var line = "\(time) \(level.rawValue) "
        line += message.unicodeScalars.allSatisfy { isPlainInMessage($0) } ? message : quoted(message)
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            line += " \(name)=\(self.value(value.description))"
        }
        return line + "\n"
    }

    /// As it is if nothing in it can be misread, else in quotes.
    package static func value(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { isPlainInValue($0) }
        return isPlain ? text : quoted(text)
    }

    private static func isPlainInValue(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", ":", "-", "_", "/", "[", "]", "%", "@", "+", ",", "#", "*": true
        default: false
        }
    }

    private static func isPlainInMessage(_ scalar: Unicode.Scalar) -> Bool {
        scalar != "=" && scalar != "\"" && scalar != "\\" && isPrintable(scalar)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        // Blanks that are not the blank.
        case .spaceSeparator: false
        default: true
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case let scalar where isPrintable(scalar): result.unicodeScalars.append(scalar)
            default: result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result + "\""
    }
}
