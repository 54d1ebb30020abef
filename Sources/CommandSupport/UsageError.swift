/// Wrong usage in one line, like every other failure: what is wrong, what is wanted, and where to read on.
package struct UsageError: Equatable {
    /// What is printed after the program's name.
    package let line: String

    /// - Parameters:
    ///   - message: as the argument parser has it, in several lines: `Error: …`, perhaps `Help:  …`, `Usage: …`, and
    ///     `See '…' for more information.`
    ///   - arguments: of the command line.
    package init(_ message: String, arguments: [String]) {
        let (before, after) = Self.split(message, at: "\nUsage: ")
        var (text, help) = Self.split(before, at: "\nHelp:  ")
        if text.hasPrefix("Error: ") { text.removeFirst(7) }
        if let option = Self.option(in: text), let value = Self.dashedValue(of: option, arguments) {
            text = "The value '\(value)' is invalid for '\(option)'"
        }
        text = Self.oneLine(text)
        // The help has the option, two blanks or more, and what it is.
        if let gap = help.firstRange(of: "  ") {
            help = Self.oneLine(String(help[gap.upperBound...]))
            if !help.isEmpty, !text.contains(help) { text += ": \(Self.lowercasedFirst(help))" }
        }
        let see = Self.split(after, at: "See '").1
        let command = Self.split(see, at: "' for").0
        line = Self.lowercasedFirst(text) + (command.isEmpty ? "" : "; see: \(command)")
    }

    /// The option that a message says has no value: the parser takes a value that begins with a dash for an option.
    private static func option(in text: String) -> String? {
        guard text.hasPrefix("Missing value for '") else { return nil }
        return split(split(text, at: "'").1, at: "'").0
    }

    private static func dashedValue(of option: String, _ arguments: [String]) -> String? {
        let name = split(option, at: " ").0
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
        let value = arguments[index + 1]
        guard value.hasPrefix("-"), value.dropFirst().first.map({ $0.isNumber || $0 == "." }) == true else {
            return nil
        }
        return value
    }

    private static func split(_ text: String, at separator: String) -> (String, String) {
        guard let range = text.firstRange(of: separator) else { return (text, "") }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }

    private static func oneLine(_ text: String) -> String {
        var line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        while line.hasSuffix(".") { line.removeLast() }
        return line
    }

    private static func lowercasedFirst(_ text: String) -> String {
        // Not PID, nor KEY.pub.
        guard text.dropFirst().first?.isUppercase == false else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
