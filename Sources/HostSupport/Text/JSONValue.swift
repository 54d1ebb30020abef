/// Just enough JSON to print results (RFC 8259).
package enum JSONValue: Sendable {
    case string(String)
    case number(Int)
    case bool(Bool)
    case null
    case array([JSONValue])
    /// Members in this order.
    case object([(String, JSONValue)])

    /// nil is null.
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// nil is null; what `Int` cannot say is clamped.
    package init(_ number: (some BinaryInteger)?) { self = number.map { .number(Int(clamping: $0)) } ?? .null }

    /// One line of text.
    package var text: String {
        switch self {
        case .string(let value): JSONValue.quoted(value)
        case .number(let value): "\(value)"
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(JSONValue.quoted($0)):\($1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ value: String) -> String {
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

extension JSONValue: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self = .string(value) }
}

/// A JSON object, as a literal or filled member by member.
package struct JSONObject: Sendable, ExpressibleByDictionaryLiteral {
    private var members: [(String, JSONValue)] = []

    package init() {}

    package init(dictionaryLiteral members: (String, JSONValue)...) { self.members = members }

    package var value: JSONValue { .object(members) }
    /// One line of text.
    package var text: String { value.text }

    package mutating func set(_ name: String, value: JSONValue) {
        members.append((name, value))
    }

    package mutating func set(_ name: String, _ text: String?) {
        set(name, value: JSONValue(text))
    }

    package mutating func set(_ name: String, _ number: (some BinaryInteger)?) {
        set(name, value: JSONValue(number))
    }

    package mutating func set(_ name: String, flag: Bool) {
        set(name, value: .bool(flag))
    }

    package mutating func set(_ name: String, object: JSONObject?) {
        set(name, value: object?.value ?? .null)
    }

    package mutating func set(_ name: String, list: [String]) {
        set(name, value: .array(list.map { .string($0) }))
    }
}
