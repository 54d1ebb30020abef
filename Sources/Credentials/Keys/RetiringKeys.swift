import Glibc

/// Keys that were replaced and are good for a while yet, beside the PSK file in `identities.psk.old`:
/// `identity:hexkey:2026-12-01T10:00:00Z` per line, the time in UTC (RFC 3339). Written by `coap-fw-tool psk rotate`.
struct RetiringKeys: Sendable {
    struct Entry: Sendable {
        let key: PreSharedKey
        /// Seconds since 1970.
        let until: Int64
    }

    var entries: [PSKIdentity: Entry] = [:]

    /// The file that belongs to a PSK file.
    static func path(besides pskPath: String) -> String { "\(pskPath).old" }

    /// Seconds since 1970.
    static var now: Int64 { Int64(time(nil)) }

    /// Reads the text of a file.
    ///
    /// - Throws: ``CredentialProblem`` with the number of the line, counted from 1.
    static func parse(_ text: [UInt8]) throws(CredentialProblem) -> RetiringKeys {
        var result = RetiringKeys()
        for (index, line) in TextLines.split(text).enumerated() where !line.isEmpty {
            let colons = line.indices.filter { line[$0] == UInt8(ascii: ":") }.prefix(2)
            guard colons.count == 2 else { throw .noColon(line: index + 1) }
            let key = try PSKFile(parsing: Array(line[..<colons[1]])).keys.first
            guard let key, let until = seconds(line[(colons[1] + 1)...]) else { throw .badTime(line: index + 1) }
            result.entries[key.key] = Entry(key: key.value, until: until)
        }
        return result
    }

    /// The text of the file.
    func serialized() -> [UInt8] {
        let lines = entries.sorted { "\($0.key)" < "\($1.key)" }.map { identity, entry in
            "\(identity):\(entry.key.revealedHex()):\(Self.text(entry.until))\n"
        }
        return Array(lines.joined().utf8)
    }

    /// A time as it stands in the file.
    static func text(_ seconds: Int64) -> String {
        var (seconds, fields) = (time_t(seconds), tm())
        gmtime_r(&seconds, &fields)
        var text = [CChar](repeating: 0, count: 32)
        _ = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
        let text = String(decoding: text, as: UTF8.self)
        let numbers = text.split { !$0.isNumber }.compactMap { Int32($0) }
        guard numbers.count == 6 else { return nil }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (numbers[3], numbers[4], numbers[5])
        let seconds = Int64(timegm(&fields))
        // Anything that is written otherwise is not a time in this form.
        return Self.text(seconds) == text ? seconds : nil
    }
}
