import CoAP

/// The filter in the query of a discovery request (RFC 6690 § 4.1): `?rt=fw`, `?href=/fw/*`.
///
/// The value is compared with the attribute's, or with one of them where the attribute holds several with blanks
/// between; a `*` at its end makes it a prefix. Several arguments must all match. An argument without `=` matches
/// nothing.
struct LinkFilter {
    private struct Term {
        let name: [UInt8]
        let value: [UInt8]
        let isPrefix: Bool

        func matches(_ candidate: some Collection<UInt8>) -> Bool {
            isPrefix ? candidate.starts(with: value) : candidate.elementsEqual(value)
        }
    }

    private let terms: [Term]

    /// A filter that every link passes.
    static let none = LinkFilter(terms: [])

    private init(terms: [Term]) {
        self.terms = terms
    }

    /// Reads the query of a request.
    init(_ view: borrowing MessageView) {
        var terms: [Term] = []
        var arguments = view.uriQuery
        while let argument = arguments.next() {
            terms.append(LinkFilter.term(argument.withUnsafeBytes { Array($0) }))
        }
        self.terms = terms
    }

    private static func term(_ argument: [UInt8]) -> Term {
        guard let equals = argument.firstIndex(of: UInt8(ascii: "=")) else {
            return Term(name: argument, value: [], isPrefix: false)
        }
        var value = Array(argument[(equals + 1)...])
        let isPrefix = value.last == UInt8(ascii: "*")
        if isPrefix { value.removeLast() }
        return Term(name: Array(argument[..<equals]), value: value, isPrefix: isPrefix)
    }

    func matches(_ link: Link) -> Bool {
        terms.allSatisfy { term in
            if term.name.elementsEqual("href".utf8) { return term.matches(link.target.utf8) }
            return link.attributes.contains { attribute in
                attribute.name.utf8.elementsEqual(term.name)
                    && attribute.value.utf8.split(separator: UInt8(ascii: " ")).contains { term.matches($0) }
            }
        }
    }
}
