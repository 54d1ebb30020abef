/// A method or response code: 3 bits of class, 5 bits of detail, written `c.dd` (RFC 7252 § 3, § 12.1).
public struct Code: RawRepresentable, Hashable, Sendable {
    /// The byte on the wire.
    public let rawValue: UInt8

    /// Takes any byte: the peer may send codes that nobody has registered.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Makes the code `class.detail`.
    ///
    /// - Parameters:
    ///   - class: 0…7; higher bits are dropped.
    ///   - detail: 0…31; higher bits are dropped.
    @inlinable
    public init(class: UInt8, detail: UInt8) {
        self.rawValue = (`class` & 0x07) << 5 | (detail & 0x1F)
    }

    /// The class, 0…7.
    @inlinable public var codeClass: UInt8 { rawValue >> 5 }
    /// The detail, 0…31.
    @inlinable public var detail: UInt8 { rawValue & 0x1F }

    /// Whether this is 0.00, the code of an Empty message.
    @inlinable public var isEmpty: Bool { rawValue == 0 }
    /// Whether this is a method, 0.01…0.31, registered or not.
    @inlinable public var isRequest: Bool { codeClass == 0 && rawValue != 0 }
    /// Whether this is a response, 2.00…5.31, registered or not (RFC 7252 § 12.1).
    @inlinable public var isResponse: Bool { codeClass >= 2 && codeClass <= 5 }
    /// Whether this is a 2.xx response.
    @inlinable public var isSuccess: Bool { codeClass == 2 }
    /// Whether this is a 4.xx response.
    @inlinable public var isClientError: Bool { codeClass == 4 }
    /// Whether this is a 5.xx response.
    @inlinable public var isServerError: Bool { codeClass == 5 }
}
