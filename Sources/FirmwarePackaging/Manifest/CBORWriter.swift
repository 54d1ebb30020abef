/// Writes CBOR in deterministic encoding (RFC 8949 § 4.2.1); the caller puts keys in order.
package struct CBORWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    private mutating func head(_ major: UInt8, _ argument: UInt32) {
        let byteCount: UInt32
        switch argument {
        case 0..<24:
            bytes.append(major << 5 | UInt8(argument))
            return
        case 24...0xFF:
            bytes.append(major << 5 | 24)
            byteCount = 1
        case 0x100...0xFFFF:
            bytes.append(major << 5 | 25)
            byteCount = 2
        default:
            bytes.append(major << 5 | 26)
            byteCount = 4
        }
        for shift in (0..<byteCount).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: argument >> (8 * shift)))
        }
    }

    package mutating func integer(_ value: Int32) {
        if value >= 0 { head(0, UInt32(value)) } else { head(1, UInt32(-1 - value)) }
    }

    package mutating func unsigned(_ value: UInt32) { head(0, value) }

    package mutating func byteString(_ value: [UInt8]) {
        head(2, UInt32(value.count))
        bytes += value
    }

    /// A byte string of what `body` writes.
    package mutating func wrapped(_ body: (inout CBORWriter) -> Void) {
        byteString(Self.encoded(body))
    }

    package mutating func text(_ value: String) {
        head(3, UInt32(value.utf8.count))
        bytes += value.utf8
    }

    package mutating func array(_ count: Int) { head(4, UInt32(count)) }
    package mutating func map(_ count: Int) { head(5, UInt32(count)) }
    package mutating func tag(_ number: UInt32) { head(6, number) }
    package mutating func null() { bytes.append(0xF6) }
    package mutating func bool(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }

    /// Items that are encoded already.
    package mutating func encoded(_ items: [UInt8]) { bytes += items }

    /// What `body` writes.
    package static func encoded(_ body: (inout CBORWriter) -> Void) -> [UInt8] {
        var writer = CBORWriter()
        body(&writer)
        return writer.bytes
    }
}
