/// The number of an option, whose bits carry its properties (RFC 7252 § 5.4.6).
///
/// ```
///   0   1   2   3   4   5   6   7
/// +---+---+---+---+---+---+---+---+
/// |           | NoCacheKey| U | C |      low byte
/// +---+---+---+---+---+---+---+---+
/// ```
public struct OptionNumber: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number itself.
    public let rawValue: UInt16

    /// Takes any number: the peer may send options that nobody has registered.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Whether a receiver that does not know the option must reject the message; otherwise it ignores the option.
    @inlinable public var isCritical: Bool { rawValue & 0x01 != 0 }
    /// Whether a proxy that does not know the option must not forward the message.
    @inlinable public var isUnsafe: Bool { rawValue & 0x02 != 0 }
    /// Whether the option is left out of the cache key; says nothing for unsafe options.
    @inlinable public var isNoCacheKey: Bool { rawValue & 0x1E == 0x1C }

    /// Options are sent in ascending order of their numbers.
    @inlinable
    public static func < (left: OptionNumber, right: OptionNumber) -> Bool {
        left.rawValue < right.rawValue
    }
}
