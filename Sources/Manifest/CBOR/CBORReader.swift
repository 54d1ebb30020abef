import Flash

/// Reads CBOR in place, strictly (RFC 8949 § 4.2.1): deterministic encoding only, nothing of indefinite length, numbers
/// of at most 32 bits. No call goes deeper than its caller: arrays and maps are read item by item, by who knows what
/// must be in them. So nested items are of an unexpected type, and cost nothing.
struct CBORReader: ~Escapable {
    private enum Major {
        static let unsigned: UInt8 = 0
        static let negative: UInt8 = 1
        static let byteString: UInt8 = 2
        static let text: UInt8 = 3
        static let array: UInt8 = 4
        static let map: UInt8 = 5
        static let tag: UInt8 = 6
        static let simple: UInt8 = 7
    }

    /// The longest input, for ``Slice``.
    static let maximumByteCount = 0xFFFF

    private let bytes: RawSpan
    private(set) var position: Int
    private let end: Int

    /// Reads all of `bytes`, of which there are at most `maximumByteCount`.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
        self.bytes = bytes
        position = 0
        end = min(bytes.byteCount, Self.maximumByteCount)
    }

    /// Reads a part of `bytes`, which an earlier reader gave.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, _ slice: Slice) {
        self.bytes = bytes
        position = Int(slice.start)
        end = position + Int(slice.byteCount)
    }

    var isAtEnd: Bool { position == end }

    func finish() throws(ManifestError) {
        guard isAtEnd else { throw .trailingBytes }
    }

    private mutating func head(_ major: inout UInt8) throws(ManifestError) -> UInt32 {
        guard position < end else { throw .truncated }
        let first = bytes.byte(at: position)
        position += 1
        major = first >> 5
        let information = first & 0x1F
        guard information >= 24 else { return UInt32(information) }
        guard information < 31 else { throw .indefiniteLength }
        guard information < 28, major != Major.simple else { throw .notDeterministic }
        let count = 1 << Int(information - 24)
        guard count <= end - position else { throw .truncated }
        var high: UInt32 = 0
        var value: UInt32 = 0
        for _ in 0..<count {
            high = high << 8 | value >> 24
            value = value << 8 | UInt32(bytes.byte(at: position))
            position += 1
        }
        let least: UInt32 = count == 1 ? 24 : count == 2 ? 1 << 8 : 1 << 16
        if count == 8 { throw high == 0 ? .notDeterministic : .numberTooLarge }
        guard value >= least else { throw .notDeterministic }
        return value
    }

    @inline(never)
    private mutating func expect(_ expected: UInt8) throws(ManifestError) -> UInt32 {
        var major: UInt8 = 0
        let argument = try head(&major)
        guard major == expected else { throw .unexpectedType }
        return argument
    }

    mutating func unsigned() throws(ManifestError) -> UInt32 { try expect(Major.unsigned) }

    /// An unsigned number of at most `maximum`.
    mutating func unsigned(through maximum: UInt32) throws(ManifestError) -> UInt32 {
        let value = try unsigned()
        guard value <= maximum else { throw .numberTooLarge }
        return value
    }

    @inline(never)
    mutating func integer() throws(ManifestError) -> Int32 {
        var major: UInt8 = 0
        let argument = try head(&major)
        guard major <= Major.negative else { throw .unexpectedType }
        guard let value = Int32(exactly: argument) else { throw .numberTooLarge }
        return major == Major.negative ? -1 - value : value
    }

    /// The next key of a map whose keys ascend as deterministic encoding has them: 0, 1, …, −1, −2, ….
    ///
    /// - Parameter previous: what the call before left; -1 before the first.
    /// - Returns: the key.
    /// - Throws: `keyOrder`, or what CBOR has against it.
    mutating func key(after previous: inout Int64) throws(ManifestError) -> Int32 {
        let key = try integer()
        let rank = key >= 0 ? Int64(key) : 1 << 32 - Int64(key)
        guard rank > previous else { throw .keyOrder }
        previous = rank
        return key
    }

    /// Where a byte string's contents are.
    mutating func byteString() throws(ManifestError) -> Slice { try string(Major.byteString) }

    /// Where a byte string of exactly `count` bytes is.
    mutating func byteString(count: UInt16) throws(ManifestError) -> Slice {
        let slice = try byteString()
        guard slice.byteCount == count else { throw .unexpectedType }
        return slice
    }

    /// Where a text's UTF-8 bytes are; not checked to be UTF-8.
    mutating func text() throws(ManifestError) -> Slice { try string(Major.text) }

    @inline(never)
    private mutating func string(_ major: UInt8) throws(ManifestError) -> Slice {
        let count = try expect(major)
        guard count <= UInt32(truncatingIfNeeded: end - position) else { throw .truncated }
        let start = position
        position += Int(count)
        return Slice(start..<position)
    }

    /// The number of an array's items. No more than bytes are left: each has one at least.
    mutating func array() throws(ManifestError) -> Int { try items(Major.array, bytesPerItem: 1) }

    mutating func array(count: Int) throws(ManifestError) {
        guard try array() == count else { throw .unexpectedType }
    }

    /// The number of a map's pairs.
    mutating func map() throws(ManifestError) -> Int { try items(Major.map, bytesPerItem: 2) }

    private mutating func items(_ major: UInt8, bytesPerItem: Int) throws(ManifestError) -> Int {
        let count = try expect(major)
        guard count <= UInt32(truncatingIfNeeded: (end - position) / bytesPerItem) else { throw .truncated }
        return Int(count)
    }

    mutating func tag(_ number: UInt32) throws(ManifestError) {
        guard try expect(Major.tag) == number else { throw .unexpectedType }
    }

    mutating func null() throws(ManifestError) {
        guard try expect(Major.simple) == 22 else { throw .unexpectedType }
    }

    mutating func bool() throws(ManifestError) -> Bool {
        let value = try expect(Major.simple)
        guard value == 20 || value == 21 else { throw .unexpectedType }
        return value == 21
    }

    /// The major type of the next item: where one of several may stand.
    var nextIsByteString: Bool { position < end && bytes.byte(at: position) >> 5 == Major.byteString }
    var nextIsNull: Bool { position < end && bytes.byte(at: position) == 0xF6 }
}
