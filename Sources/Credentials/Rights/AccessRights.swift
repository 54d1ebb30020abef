/// Which identity may read which products. A value; every request is judged by the one it is given.
///
/// Rights add up: an identity may read the products of every line that names it or fits it.
public struct AccessRights: Equatable, Sendable {
    /// Whether there is no `rights` file: every provisioned identity may read every product.
    public let isUnrestricted: Bool
    /// What peers over plain CoAP may read.
    public var anonymous: ProductSet

    private let exact: [PSKIdentity: ProductSet]
    private let patterns: [(pattern: IdentityPattern, products: ProductSet)]

    /// Every provisioned identity may read every product; peers over plain CoAP may read what `anonymous` says.
    public static func unrestricted(anonymous: ProductSet = .none) -> AccessRights {
        AccessRights(isUnrestricted: true, anonymous: anonymous, lines: [])
    }

    /// The rights that a `rights` file gives.
    ///
    /// - Parameters:
    ///   - file: The file's lines.
    ///   - anonymous: What peers over plain CoAP may read: nothing, unless told.
    public init(_ file: RightsFile, anonymous: ProductSet = .none) {
        self.init(isUnrestricted: false, anonymous: anonymous, lines: file.grants)
    }

    private init(isUnrestricted: Bool, anonymous: ProductSet, lines: [RightsFile.Grant]) {
        self.isUnrestricted = isUnrestricted
        self.anonymous = anonymous
        var exact: [PSKIdentity: ProductSet] = [:]
        var patterns: [(pattern: IdentityPattern, products: ProductSet)] = []
        for line in lines {
            switch line.subject {
            case .identity(let identity): exact[identity] = line.products.union(exact[identity] ?? .none)
            case .pattern(let text): patterns.append((IdentityPattern(text.utf8), line.products))
            }
        }
        self.exact = exact
        self.patterns = patterns
    }

    /// Whether `peer` may read `productID`. Allocates nothing.
    public func mayRead(_ productID: UInt16, _ peer: PeerIdentity) -> Bool {
        switch peer {
        case .anonymous:
            return anonymous.contains(productID)
        case .authenticated(let identity):
            if isUnrestricted { return true }
            if let products = exact[identity], products.contains(productID) { return true }
            for entry in patterns where entry.products.contains(productID) && entry.pattern.matches(identity) {
                return true
            }
            return false
        }
    }

    /// All that `identity` may read.
    public func products(of identity: PSKIdentity) -> ProductSet {
        if isUnrestricted { return .all }
        var products = exact[identity] ?? .none
        for entry in patterns where entry.pattern.matches(identity) { products = products.union(entry.products) }
        return products
    }

    /// Whether both grant the same by the same lines.
    /// All that `peer` may read.
    public func products(of peer: PeerIdentity) -> ProductSet {
        switch peer {
        case .anonymous: anonymous
        case .authenticated(let identity): products(of: identity)
        }
    }

    /// Whether they grant the same.
    public static func == (left: AccessRights, right: AccessRights) -> Bool {
        left.isUnrestricted == right.isUnrestricted && left.anonymous == right.anonymous && left.exact == right.exact
            && left.patterns.elementsEqual(right.patterns) { $0 == $1 }
    }
}
