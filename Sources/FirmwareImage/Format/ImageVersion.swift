import Flash

/// A firmware version as MCUboot compares it: major, minor, revision, then build number.
///
/// Byte map (MCUboot `image.h`, `image_version`; little-endian):
/// ```
/// offset  0      1      2..3      4..7
///         major  minor  revision  build number
/// ```
public struct ImageVersion: Comparable, Hashable, Sendable {
    /// Compared first.
    public var major: UInt8
    /// Compared second.
    public var minor: UInt8
    /// Compared third.
    public var revision: UInt16
    /// Compared last.
    public var build: UInt32

    /// The number of bytes in an image header.
    public static let byteCount = 8

    /// A version of these numbers.
    public init(major: UInt8, minor: UInt8, revision: UInt16, build: UInt32 = 0) {
        self.major = major
        self.minor = minor
        self.revision = revision
        self.build = build
    }

    /// By major, minor, revision, then build.
    public static func < (left: ImageVersion, right: ImageVersion) -> Bool {
        left.ordinal < right.ordinal
    }

    /// All fields in one number whose order is the versions' order.
    public var ordinal: UInt64 {
        UInt64(major) << 56 | UInt64(minor) << 48 | UInt64(revision) << 32 | UInt64(build)
    }
}

extension ImageVersion {
    /// Reads `major.minor.revision` with an optional `+build`, decimal, each number in its field's range; missing
    /// `minor` and `revision` are 0, as imgtool reads versions.
    ///
    /// - Parameter text: UTF-8; anything else than the form above (signs, spaces, empty numbers) gives `nil`.
    public init?(parsing text: RawSpan) {
        var numbers = InlineArray<4, UInt64>(repeating: 0)
        var field = 0
        var digits = 0
        for offset in 0..<text.byteCount {
            let character = text.byte(at: offset)
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                guard digits <= 10 else { return nil }
                numbers[field] = numbers[field] * 10 + UInt64(character - UInt8(ascii: "0"))
            case UInt8(ascii: "."):
                guard digits > 0, field < 2 else { return nil }
                field += 1
                digits = 0
            case UInt8(ascii: "+"):
                guard digits > 0, field < 3 else { return nil }
                field = 3
                digits = 0
            default:
                return nil
            }
        }
        guard digits > 0, let major = UInt8(exactly: numbers[0]), let minor = UInt8(exactly: numbers[1]),
            let revision = UInt16(exactly: numbers[2]), let build = UInt32(exactly: numbers[3])
        else { return nil }
        self.init(major: major, minor: minor, revision: revision, build: build)
    }

    init(decoding bytes: RawSpan, at offset: Int) {
        self.init(
            major: bytes.byte(at: offset),
            minor: bytes.byte(at: offset + 1),
            revision: bytes.littleEndianUInt16(at: offset + 2),
            build: bytes.littleEndianUInt32(at: offset + 4)
        )
    }

    func encode(into bytes: inout MutableRawSpan, at offset: Int) {
        bytes.store(major, at: offset)
        bytes.store(minor, at: offset + 1)
        bytes.storeLittleEndian(revision, at: offset + 2)
        bytes.storeLittleEndian(build, at: offset + 4)
    }
}
