import CoAP

/// The filter in the query of a discovery request (RFC 6690 § 4.1): `?rt=fw`, `?href=/fw/*`.
///
/// The value is compared with the attribute's; a `*` at its end makes it a prefix. Several arguments must all match. An
/// argument without `=` matches nothing.
struct LinkFilter: Hashable, Sendable {
    private struct Term: Hashable {
        let name: [UInt8]
        let value: [UInt8]
        let isPrefix: Bool

        init(_ argument: [UInt8]) {
            let equals = argument.firstIndex(of: UInt8(ascii: "=")) ?? argument.endIndex
            var value = argument[equals...].dropFirst()
            // Without `=` it is the name of an attribute that no link has.
            isPrefix = value.last == UInt8(ascii: "*")
            if isPrefix { value.removeLast() }
            name = equals == argument.endIndex ? [] : Array(argument[..<equals])
            self.value = Array(value)
        }

        func matches(_ candidate: some Collection<UInt8>) -> Bool {
            isPrefix ? candidate.starts(with: value) : candidate.elementsEqual(value)
        }
    }

    /// The most arguments that are looked at.
    static let maximumArguments = 4

    private let terms: [Term]

    /// Reads the query of a request.
    ///
    /// - Returns: `nil` when there are more arguments than ``maximumArguments``.
    init?(_ view: borrowing MessageView) {
        var terms: [Term] = []
        var arguments = view.uriQuery
        while let argument = arguments.next() {
            guard terms.count < LinkFilter.maximumArguments else { return nil }
            terms.append(Term(argument.withUnsafeBytes { Array($0) }))
        }
        self.terms = terms
    }

    /// Whether every link passes.
    var isEmpty: Bool { terms.isEmpty }

    /// The filter as bytes, for a digest: no two filters have the same.
    var bytes: [UInt8] {
        terms.flatMap { term in
            [UInt8(term.isPrefix ? 1 : 0)] + LinkFilter.counted(term.name) + LinkFilter.counted(term.value)
        }
    }

    private static func counted(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    /// Whether the link of `/fw` itself passes.
    var passesIndex: Bool {
        terms.allSatisfy { term in
            switch String(decoding: term.name, as: UTF8.self) {
            case "href": term.matches("/fw".utf8)
            case "rt": term.matches("fw".utf8)
            case "if": term.matches("core.ll".utf8)
            case "ct": term.matches("40".utf8)
            default: false
            }
        }
    }

    /// The products' rows that pass, of those given.
    func rows(of candidates: [Int], in table: LinkTable) -> [Int] {
        var varying: [(Term, KeyPath<LinkTable.Row, Range<Int>> & Sendable)] = []
        for term in terms {
            // What all products' links have in common is compared once.
            switch String(decoding: term.name, as: UTF8.self) {
            case "href": varying.append((term, \.target))
            case "sz": varying.append((term, \.size))
            case "ver": varying.append((term, \.version))
            case "rt": guard term.matches("fw".utf8) else { return [] }
            case "if": guard term.matches("fw.image".utf8) else { return [] }
            case "ct": guard term.matches("42".utf8) else { return [] }
            default: return []
            }
        }
        if varying.isEmpty { return candidates }
        return candidates.filter { index in
            varying.allSatisfy { term, part in term.matches(table.bytes[table.rows[index][keyPath: part]]) }
        }
    }
}
