import Foundation

/// The bytes of a flash file, to be changed as no program of this package would.
struct FlashBytes: Sendable {
    /// Header page, contents, wear.
    var bytes: [UInt8]

    enum Area: Int {
        case trust, journal, primary, secondary
    }

    /// Fields of a trailer, as bytes before the slot's end where a write unit is at most 8 bytes (MCUboot
    /// `bootutil_priv.h`).
    enum TrailerField: Int {
        case magic = 16
        case imageOK = 24
        case copyDone = 32
        case swapInfo = 40
        case swapSize = 48
    }

    static let magic: [UInt8] = [
        0x77, 0xC2, 0x95, 0xF3, 0x60, 0xD2, 0xEF, 0x7F, 0x35, 0x52, 0x50, 0x0F, 0x2C, 0xB6, 0x79, 0x80,
    ]
    private static let pageBytes = 4096

    func word(at offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) }
    }

    /// Where an area lies in the file.
    func range(_ area: Area) -> Range<Int> {
        let start = Self.pageBytes + word(at: 80 + 8 * area.rawValue)
        return start..<start + word(at: 84 + 8 * area.rawValue)
    }

    /// The flash without header and wear.
    var contents: Range<Int> { Self.pageBytes..<bytes.count - 4 * word(at: 16) }

    mutating func overwrite(_ offset: Int, _ new: [UInt8]) {
        bytes.replaceSubrange(offset..<offset + new.count, with: new)
    }

    mutating func fill(_ range: Range<Int>, _ value: UInt8) {
        overwrite(range.lowerBound, [UInt8](repeating: value, count: range.count))
    }

    mutating func randomize(_ range: Range<Int>, seed: UInt64) {
        var state = seed
        for index in range {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    mutating func set(_ field: TrailerField, of slot: Area, _ new: [UInt8]) {
        overwrite(range(slot).upperBound - field.rawValue, new)
    }

    /// Changes the header and makes its checksum right again.
    mutating func setHeader(_ offset: Int, _ words: [Int]) {
        for (index, value) in words.enumerated() {
            overwrite(offset + 4 * index, (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
        }
        seal()
    }

    /// Changes a byte of the header and makes its checksum right again.
    mutating func setHeaderByte(_ offset: Int, _ value: UInt8) {
        bytes[offset] = value
        seal()
    }

    private mutating func seal() {
        var state: UInt32 = .max
        for byte in bytes[0..<116] {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ 0xEDB8_8320 : state >> 1 }
        }
        overwrite(116, (0..<4).map { UInt8(truncatingIfNeeded: ~state >> ($0 * 8)) })
    }
}
