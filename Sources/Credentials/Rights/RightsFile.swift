import HostSupport

/// The `rights` file: which identities may read which products.
///
/// One grant per line, `identity-or-pattern: pid, pid`:
///
/// ```
/// # meters read meter firmware; the lab reads everything
/// meter-*: 7, 8
/// lab-bench: *
/// #77653a697264: 7
/// ```
///
/// - What stands before the first colon is an identity, or, when it has a `*` in it, a pattern in which `*` stands for
///   any bytes. An identity with special characters is written `#` and hex digits, as in the PSK file; such a name is
///   never a pattern.
/// - After the colon: product IDs with commas between, or `*` for every product. None at all grants nothing.
/// - Grants add up. An identity that no line names or fits may read nothing.
/// - Blank lines, and lines that start with `#` and are not such a hex name, are left out.
public struct RightsFile: Equatable, Sendable {
    /// Whom a line is about.
    public enum Subject: Hashable, Sendable, CustomStringConvertible {
        case identity(PSKIdentity)
        /// A name with at least one `*`.
        case pattern(String)

        /// As it stands before the colon.
        public var description: String {
            switch self {
            case .identity(let identity): "\(identity)"
            case .pattern(let text): text
            }
        }
    }

    /// One line.
    public struct Grant: Hashable, Sendable {
        /// Whom the line is about.
        public let subject: Subject
        /// What it grants.
        public let products: ProductSet

        /// A line of the file.
        public init(subject: Subject, products: ProductSet) {
            self.subject = subject
            self.products = products
        }
    }

    /// The lines, in their order.
    public let grants: [Grant]
    let lines: [Line]
    /// Whether its text ends in the middle of a line.
    let isCutOff: Bool

    enum Line: Equatable {
        case grant(Grant, text: String)
        case other(String)

        var text: String {
            switch self {
            case .grant(_, let text), .other(let text): text
            }
        }
    }

    /// The most bytes a file may have.
    public static let maximumSizeBytes = 16 << 20

    /// Reads the text of a file.
    ///
    /// - Throws: ``CredentialProblem`` with the number of the line, counted from 1.
    public init(parsing text: [UInt8]) throws(CredentialProblem) {
        var lines: [Line] = []
        for (index, line) in TextLines.split(text).enumerated() {
            guard let shown = String(validating: line, as: UTF8.self) else { throw .notText(line: index + 1) }
            if let grant = try RightsFile.grant(line, number: index + 1) {
                lines.append(.grant(grant, text: shown))
            } else {
                lines.append(.other(shown))
            }
        }
        self.init(lines: lines, isCutOff: TextLines.isCutOff(text))
    }

    init(lines: [Line], isCutOff: Bool = false) {
        self.lines = lines
        self.isCutOff = isCutOff
        grants = lines.compactMap {
            if case .grant(let grant, _) = $0 { grant } else { nil }
        }
    }

    private static func grant(_ line: ArraySlice<UInt8>, number: Int) throws(CredentialProblem) -> Grant? {
        guard !line.isEmpty, !TextLines.isComment(line) else { return nil }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .noColon(line: number) }
        let name = TextLines.trimmed(line[..<colon])
        let subject: Subject
        if name.contains(UInt8(ascii: "*")), name.first != UInt8(ascii: "#") {
            subject = .pattern(String(decoding: name, as: UTF8.self))
        } else {
            subject = .identity(try TextLines.identity(name, line: number))
        }
        return Grant(subject: subject, products: try products(line[(colon + 1)...], number: number))
    }

    private static func products(
        _ list: ArraySlice<UInt8>,
        number: Int
    ) throws(CredentialProblem) -> ProductSet {
        let list = TextLines.trimmed(list)
        if list.isEmpty { return .none }
        if list.elementsEqual([UInt8(ascii: "*")]) { return .all }
        var ids: Set<UInt16> = []
        for item in list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let id = DecimalNumber.parse16(TextLines.trimmed(item)) else {
                throw .badProductID(line: number)
            }
            ids.insert(id)
        }
        return .only(ids)
    }
}
