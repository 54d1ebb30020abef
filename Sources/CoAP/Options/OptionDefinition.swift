/// The format of an option's value (RFC 7252 § 3.2).
public enum OptionFormat: Sendable {
    /// No bytes at all.
    case empty
    /// Bytes that mean nothing to the message layer.
    case opaque
    /// An unsigned number in network order without leading zeros.
    case uint
    /// UTF-8 text in Net-Unicode form.
    case string
}

/// What a registered option looks like: format, length bounds, and whether it may be repeated.
public struct OptionDefinition: Equatable, Sendable {
    /// How the value is read.
    public let format: OptionFormat
    /// Least length of the value in bytes.
    public let minimumLength: Int
    /// Greatest length of the value in bytes.
    public let maximumLength: Int
    /// Whether the option may be repeated; if not, it is treated like an unknown option (RFC 7252 § 5.4.5).
    public let isRepeatable: Bool

    @inlinable
    init(_ format: OptionFormat, _ minimumLength: Int, _ maximumLength: Int, repeatable: Bool = false) {
        self.format = format
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
        self.isRepeatable = repeatable
    }

    /// Whether a value of this many bytes is in bounds; if not, the option is treated like an unknown one
    /// (RFC 7252 § 5.4.3).
    public func allows(byteCount: Int) -> Bool {
        byteCount >= minimumLength && byteCount <= maximumLength
    }
}

extension OptionNumber {
    /// What the registry says of the option, or nil if the number is not registered.
    ///
    /// Sources: RFC 7252 table 4, RFC 7641 § 2, RFC 7959 § 2.1 and § 4, RFC 7967 § 2, RFC 8613 § 2, RFC 8768 § 3,
    /// RFC 9175 § 2.2 and § 3.2, RFC 9177 § 4.1, RFC 9668 § 3.1.
    public var definition: OptionDefinition? {
        switch rawValue {
        case 1: return OptionDefinition(.opaque, 0, 8, repeatable: true)
        case 3: return OptionDefinition(.string, 1, 255)
        case 4: return OptionDefinition(.opaque, 1, 8, repeatable: true)
        case 5: return OptionDefinition(.empty, 0, 0)
        case 6: return OptionDefinition(.uint, 0, 3)
        case 7: return OptionDefinition(.uint, 0, 2)
        case 8: return OptionDefinition(.string, 0, 255, repeatable: true)
        case 9: return OptionDefinition(.opaque, 0, 255)
        case 11: return OptionDefinition(.string, 0, 255, repeatable: true)
        case 12: return OptionDefinition(.uint, 0, 2)
        case 14: return OptionDefinition(.uint, 0, 4)
        case 15: return OptionDefinition(.string, 0, 255, repeatable: true)
        case 16: return OptionDefinition(.uint, 1, 1)
        case 17: return OptionDefinition(.uint, 0, 2)
        case 19: return OptionDefinition(.uint, 0, 3)
        case 20: return OptionDefinition(.string, 0, 255, repeatable: true)
        case 21: return OptionDefinition(.empty, 0, 0)
        case 23: return OptionDefinition(.uint, 0, 3)
        case 27: return OptionDefinition(.uint, 0, 3)
        case 28: return OptionDefinition(.uint, 0, 4)
        case 31: return OptionDefinition(.uint, 0, 3, repeatable: true)
        case 35: return OptionDefinition(.string, 1, 1034)
        case 39: return OptionDefinition(.string, 1, 255)
        case 60: return OptionDefinition(.uint, 0, 4)
        case 252: return OptionDefinition(.opaque, 1, 40)
        case 258: return OptionDefinition(.uint, 0, 1)
        case 292: return OptionDefinition(.opaque, 0, 8, repeatable: true)
        case 2049, 2053: return OptionDefinition(.uint, 0, 2)
        default: return nil
        }
    }

    /// Whether the registry lets the option be repeated; false for unregistered numbers.
    public var isRepeatable: Bool { definition?.isRepeatable ?? false }
}
