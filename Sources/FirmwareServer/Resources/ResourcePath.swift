import CoAP
import FirmwareImage
import FirmwarePackaging

/// Which resource a request is for, from its path alone.
enum ResourcePath: Equatable {
    /// `/.well-known/core`
    case discovery
    /// `/fw`
    case products
    /// `/fw/{pid}`
    case current(productID: UInt16)
    /// `/fw/{pid}/{version}`
    case version(productID: UInt16, ImageVersion)
    /// Anything else.
    case unknown

    /// Reads the path's segments where they stand in the datagram; no strings are made.
    init(_ view: borrowing MessageView) {
        self = .unknown
        var segments = view.uriPath
        guard let first = segments.next() else { return }
        if first.coapEquals(".well-known") {
            guard let second = segments.next(), second.coapEquals("core"), segments.next() == nil else { return }
            self = .discovery
            return
        }
        guard first.coapEquals("fw") else { return }
        guard let second = segments.next() else {
            self = .products
            return
        }
        guard let number = second.coapDecimal(maximum: UInt32(UInt16.max)) else { return }
        let productID = UInt16(truncatingIfNeeded: number)
        guard let third = segments.next() else {
            self = .current(productID: productID)
            return
        }
        // Only the one text of a version names it: `1.2` and `1.2.0+0` are other resources, which do not exist.
        guard let version = third.withUnsafeBytes({ ReleaseLayout.version($0) }), segments.next() == nil else { return }
        self = .version(productID: productID, version)
    }
}
