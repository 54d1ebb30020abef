import Flash
import SeededRandom

/// The contents of a flash of which some units are in doubt: nothing is drawn by lot, so a cut leaves one picture.
///
/// A unit in doubt has two values, `contents` and `other`: the old and the new one of a torn program, the old and the
/// erased one of a torn erase. What else it may answer is in its marks.
package struct DoubtfulPicture {
    /// What is known of a unit; 0: it is sure.
    struct Marks: OptionSet {
        let rawValue: UInt8
        /// Reads may give either value, something in between, or an error.
        static let doubtful = Marks(rawValue: 1)
        /// It may also read erased, though neither value is.
        static let canBeErased = Marks(rawValue: 2)
        /// A torn erase: bits may be programmed that neither value has so.
        static let canBeProgrammed = Marks(rawValue: 4)
        /// Of a part that takes one program per erase: it had it.
        static let isSpent = Marks(rawValue: 8)
        /// Which torn operation it is from, modulo 16, in the upper four bits: of no meaning for the state itself.
        static let groupShift: UInt8 = 4
    }

    let geometry: FlashGeometry
    let isWriteOnce: Bool
    let unitBytes: Int
    private(set) var contents: [UInt8]
    private(set) var other: [UInt8]
    /// By unit.
    private(set) var marks: [UInt8]
    package private(set) var doubtfulCount = 0
    /// Of everything but the groups.
    package private(set) var fingerprint: UInt64 = 0

    package init(geometry: FlashGeometry, isWriteOnce: Bool, contents: [UInt8]) {
        self.geometry = geometry
        self.isWriteOnce = isWriteOnce
        unitBytes = Int(geometry.writeAlignmentBytes)
        self.contents = contents
        other = contents
        marks = [UInt8](repeating: 0, count: contents.count / unitBytes)
        let erasedValue = geometry.erasedValue
        if isWriteOnce {
            for unit in marks.indices
            where contents[unit * unitBytes..<(unit + 1) * unitBytes].contains(where: { $0 != erasedValue }) {
                marks[unit] = Marks.isSpent.rawValue
            }
        }
        for unit in marks.indices { fingerprint ^= hash(unit) }
    }

    func isDoubtful(_ unit: Int) -> Bool { marks[unit] & Marks.doubtful.rawValue != 0 }
    func marks(of unit: Int) -> Marks { Marks(rawValue: marks[unit] & 0xF) }
    func group(of unit: Int) -> Int { Int(marks[unit] >> Marks.groupShift) }

    func units(of range: Range<Int>) -> Range<Int> {
        range.lowerBound / unitBytes..<(range.upperBound + unitBytes - 1) / unitBytes
    }

    func hasDoubt(in range: Range<Int>) -> Bool {
        guard doubtfulCount > 0 else { return false }
        for unit in units(of: range) where isDoubtful(unit) { return true }
        return false
    }

    /// Whether a unit has the erased value: sure, or as one of its answers.
    func canReadErased(_ unit: Int) -> Bool {
        if marks(of: unit).contains(.canBeErased) { return true }
        return isErased(unit, contents) || isDoubtful(unit) && isErased(unit, other)
    }

    func isErased(_ unit: Int, _ values: [UInt8]) -> Bool {
        for offset in unit * unitBytes..<(unit + 1) * unitBytes where values[offset] != geometry.erasedValue {
            return false
        }
        return true
    }

    // MARK: What operations leave

    /// A program that returned. A unit that was in doubt has it for sure only where it programs bits.
    package mutating func program(_ bytes: RawSpan, at address: Int) {
        for unit in units(of: address..<address + bytes.byteCount) {
            change(unit) { picture in
                let start = unit * picture.unitBytes
                let isDoubtful = picture.isDoubtful(unit)
                let wasErased = picture.isErased(unit, picture.contents)
                for offset in start..<start + picture.unitBytes {
                    let value = bytes.byte(at: offset - address)
                    if isDoubtful {
                        let former = wasErased ? picture.other[offset] : picture.contents[offset]
                        picture.other[offset] = picture.geometry.erasedValue == 0 ? value | former : value & former
                    } else {
                        picture.other[offset] = value
                    }
                    picture.contents[offset] = value
                }
                picture.marks[unit] &= ~Marks.canBeErased.rawValue
                if isDoubtful, !picture.marks(of: unit).contains(.canBeProgrammed),
                    picture.contents[start..<start + picture.unitBytes]
                        == picture.other[start..<start + picture.unitBytes]
                {
                    // The same once more: every bit that was in doubt is programmed by an operation that returned.
                    picture.marks[unit] = 0
                }
                if picture.isWriteOnce { picture.marks[unit] |= Marks.isSpent.rawValue }
            }
        }
    }

    package mutating func erase(_ sector: Range<Int>) {
        for unit in units(of: sector) {
            change(unit) { picture in
                for offset in unit * picture.unitBytes..<(unit + 1) * picture.unitBytes {
                    picture.contents[offset] = picture.geometry.erasedValue
                    picture.other[offset] = picture.geometry.erasedValue
                }
                picture.marks[unit] = 0
            }
        }
    }

    /// A program that the power failed in.
    package mutating func tearProgram(_ bytes: RawSpan, at address: Int, group: UInt8) {
        for unit in units(of: address..<address + bytes.byteCount) {
            change(unit) { picture in
                let start = unit * picture.unitBytes
                let isDoubtful = picture.isDoubtful(unit)
                if isDoubtful, picture.isErased(unit, picture.contents) {
                    // It had another value that it may have still.
                    for offset in start..<start + picture.unitBytes { picture.contents[offset] = picture.other[offset] }
                    picture.marks[unit] |= Marks.canBeErased.rawValue
                } else if isDoubtful, picture.isErased(unit, picture.other) {
                    picture.marks[unit] |= Marks.canBeErased.rawValue
                }
                for offset in start..<start + picture.unitBytes {
                    picture.other[offset] = bytes.byte(at: offset - address)
                }
                picture.mark(unit, .doubtful, group)
            }
        }
    }

    /// An erase that the power failed in: parts program a sector to zero before they erase it.
    package mutating func tearErase(_ sector: Range<Int>, group: UInt8) {
        for unit in units(of: sector) {
            change(unit) { picture in
                let start = unit * picture.unitBytes
                if picture.isDoubtful(unit) {
                    picture.marks[unit] |= Marks.canBeErased.rawValue
                } else {
                    for offset in start..<start + picture.unitBytes {
                        picture.other[offset] = picture.geometry.erasedValue
                    }
                }
                picture.mark(unit, [.doubtful, .canBeProgrammed], group)
            }
        }
    }

    private mutating func mark(_ unit: Int, _ new: Marks, _ group: UInt8) {
        marks[unit] = (marks[unit] | new.rawValue) & 0xF | group << Marks.groupShift
    }

    private mutating func change(_ unit: Int, _ body: (inout DoubtfulPicture) -> Void) {
        fingerprint ^= hash(unit)
        if isDoubtful(unit) { doubtfulCount -= 1 }
        body(&self)
        if isDoubtful(unit) { doubtfulCount += 1 }
        fingerprint ^= hash(unit)
    }

    private func hash(_ unit: Int) -> UInt64 {
        let isDoubtful = isDoubtful(unit)
        var hash = UInt64(unit) << 8 | UInt64(marks[unit] & 0xF)
        for offset in stride(from: unit * unitBytes, to: (unit + 1) * unitBytes, by: 4) {
            hash = (hash ^ word(contents, offset)) &* 0x9FB2_1C65_1E98_DF25
            if isDoubtful { hash = (hash ^ word(other, offset) << 32) &* 0x9FB2_1C65_1E98_DF25 }
            hash ^= hash >> 32
        }
        return SplitMix64.mix(hash)
    }

    private func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes.withUnsafeBytes { UInt64($0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }
}
