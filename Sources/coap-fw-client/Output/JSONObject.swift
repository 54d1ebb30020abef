/// One JSON object on one line, its members in the order in which they are set.
struct JSONObject {
    private var members: [String] = []

    var text: String { "{\(members.joined(separator: ","))}" }

    mutating func set(_ name: String, _ value: String?) {
        members.append("\(Self.quoted(name)):\(value.map(Self.quoted) ?? "null")")
    }

    mutating func set(_ name: String, _ value: (some BinaryInteger)?) {
        members.append("\(Self.quoted(name)):\(value.map { "\($0)" } ?? "null")")
    }

    mutating func set(_ name: String, flag: Bool) {
        members.append("\(Self.quoted(name)):\(flag)")
    }

    mutating func set(_ name: String, object: JSONObject?) {
        members.append("\(Self.quoted(name)):\(object?.text ?? "null")")
    }

    mutating func set(_ name: String, list: [String]) {
        members.append("\(Self.quoted(name)):[\(list.map(Self.quoted).joined(separator: ","))]")
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\u{00}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
