/// A document in CoRE link format (RFC 6690 § 2).
struct LinkDocument {
    enum Kind {
        /// `/.well-known/core`: the index and every product.
        case discovery
        /// `/fw`: every product.
        case products
    }

    let bytes: [UInt8]

    /// - Parameters:
    ///   - kind: Which document.
    ///   - products: Those that the peer may read.
    ///   - filter: Links that do not match it are left out.
    init(_ kind: Kind, _ products: [CatalogSnapshot.Product], matching filter: LinkFilter) {
        var text = ""
        func append(_ link: Link) {
            guard filter.matches(link) else { return }
            if !text.isEmpty { text += "," }
            text += link.description
        }
        if case .discovery = kind { append(Link.index) }
        for product in products { append(Link(product)) }
        bytes = Array(text.utf8)
    }
}

/// One link with its attributes.
struct Link: CustomStringConvertible {
    struct Attribute {
        let name: String
        let value: String
        /// Numbers stand without quotes (RFC 6690 § 2: cardinals), names in quotes.
        let isQuoted: Bool
    }

    let target: String
    let attributes: [Attribute]

    /// `/fw` itself: a list of links, found by `rt=fw` like what it lists.
    static let index = Link(
        target: "/fw",
        attributes: [
            Attribute(name: "rt", value: "fw", isQuoted: true),
            Attribute(name: "if", value: "core.ll", isQuoted: true),
            Attribute(name: "ct", value: "40", isQuoted: false),
        ]
    )

    private init(target: String, attributes: [Attribute]) {
        self.target = target
        self.attributes = attributes
    }

    /// The current release of a product, with its size and version.
    init(_ product: CatalogSnapshot.Product) {
        self.init(
            target: "/fw/\(product.id)",
            attributes: [
                Attribute(name: "rt", value: "fw", isQuoted: true),
                Attribute(name: "if", value: "fw.image", isQuoted: true),
                Attribute(name: "ct", value: "42", isQuoted: false),
                Attribute(name: "sz", value: "\(product.current.sizeBytes)", isQuoted: false),
                Attribute(name: "ver", value: product.current.versionText, isQuoted: true),
            ]
        )
    }

    var description: String {
        var text = "<\(target)>"
        for attribute in attributes {
            text +=
                attribute.isQuoted
                ? ";\(attribute.name)=\"\(attribute.value)\"" : ";\(attribute.name)=\(attribute.value)"
        }
        return text
    }
}
