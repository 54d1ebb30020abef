import Bootloader
import Flash
import FlashEmulator

/// A flash whose units in doubt answer what an `Oracle` says.
///
/// What a read of units in doubt may give: the old values, the new ones, something in between, an error, and where an
/// erase was torn, bits that it programmed. A unit goes on giving its answer until the oracle deviates. What is *not*
/// asked, to keep the choices few, and what that loses:
/// - The units of one torn operation begin with the same answer. Others than the rest are deviations: as many units
///   answer otherwise as the bound allows, in every combination.
/// - The units of one read answer alike, or the first one otherwise than the rest: what is read at once is compared as
///   a whole or checked by a checksum, but for the first byte of swap_info, which gets every type that it can read as.
/// - In between is one value, which equals neither: nothing tells one such value from another, but swap_info.
/// - Within the images, a sector answers alike between two operations: a digest tells only whether all of it is right.
package final class DoubtfulChip {
    /// What a unit in doubt gives.
    enum Answer: UInt8 {
        case none, contents, other, between, error, erased, programmed
        /// The first unit of the read as the one, the rest as the other.
        case contentsThenOther, otherThenContents
        /// The first byte of a field is a swap type that it can read as.
        case test, permanent, revert
    }

    /// Why a read answers wrong, once: noise on the way.
    struct Misread: Hashable, Sendable {
        /// Reads before it.
        var index: Int
        /// Which byte and bit of it.
        var variant: Int

        static let variants = 4
    }

    /// An operation that is about to be done.
    enum Operation {
        case program(address: Int, RawSpanBytes)
        case erase(Range<Int>)
    }

    /// A program's bytes, for as long as the operation takes.
    typealias RawSpanBytes = [UInt8]

    private let map: FlashMap
    package private(set) var picture: DoubtfulPicture
    package var oracle: Oracle
    var misread: Misread?
    /// What the world outside knows.
    var facts: Facts
    private(set) var operationCount = 0
    private(set) var readCount = 0
    /// Called before each operation.
    var willOperate: (DoubtfulChip, Operation) -> Void = { _, _ in }

    /// By unit: `Answer`.
    private var answers: [UInt8]
    /// By unit: the epoch in which it was asked last.
    private var askedIn: [UInt32]
    private var epoch: UInt32 = 1
    /// By group: the answer that its units begin with.
    private var firstAnswers: [Answer]
    private let geometry: FlashGeometry
    private let imageAreas: [Range<Int>]

    /// Reads and operations of one activity: far more than any takes.
    private static let readLimit = 400_000
    /// What the units of a torn erase may begin with; those of a torn program have one less.
    static let firstAnswerCount = 5

    package init(_ map: FlashMap, _ picture: DoubtfulPicture, _ facts: Facts, _ oracle: Oracle) {
        self.map = map
        self.picture = picture
        self.facts = facts
        self.oracle = oracle
        geometry = picture.geometry
        answers = [UInt8](repeating: 0, count: picture.marks.count)
        askedIn = [UInt32](repeating: 0, count: answers.count)
        firstAnswers = [Answer](repeating: .none, count: 16)
        imageAreas = [map.primary, map.secondary].map {
            Int($0.offset)..<Int($0.offset + map.trailer.firstSectorOffset)
        }
    }

    /// Starts over from a picture, with other choices.
    func restart(_ picture: DoubtfulPicture, _ facts: Facts, _ oracle: Oracle, misread: Misread? = nil) {
        self.picture = picture
        self.facts = facts
        self.oracle = oracle
        self.misread = misread
        operationCount = 0
        readCount = 0
        epoch = 1
        if picture.doubtfulCount > 0 {
            answers.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            askedIn.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            for group in firstAnswers.indices { firstAnswers[group] = .none }
        }
    }

    // MARK: Reading

    /// Reads. Where it is observed, nothing is chosen: each unit gives the answer it gave last.
    func read(at address: Int, into buffer: UnsafeMutableRawBufferPointer, isObserved: Bool) throws(FlashError) {
        guard address + buffer.count <= picture.contents.count else { throw .outOfRange(address: UInt32(address)) }
        if !isObserved {
            readCount += 1
            guard readCount < Self.readLimit else { throw .io(-1) }
        }
        let range = address..<address + buffer.count
        picture.contents.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range]))
        }
        if picture.hasDoubt(in: range) {
            if !isObserved { ask(range) }
            try answer(range, buffer)
        }
        guard !isObserved, let misread, misread.index == readCount - 1, !buffer.isEmpty else { return }
        let position = (misread.variant / 2) * (buffer.count - 1)
        buffer[min(position, buffer.count - 1)] ^= misread.variant % 2 == 0 ? 0x01 : 0x40
    }

    /// Chooses what the units of a read answer from here on.
    private func ask(_ range: Range<Int>) {
        let asked = cell(range)
        let units = picture.units(of: asked).filter { picture.isDoubtful($0) }
        guard let first = units.first else { return }
        for unit in units where answers[unit] == 0 {
            let group = picture.group(of: unit)
            if firstAnswers[group] == .none {
                let canBeProgrammed = picture.marks(of: unit).contains(.canBeProgrammed)
                let bases: [Answer] =
                    [.contents, .other, .between, .error] + (canBeProgrammed ? [.programmed] : [])
                firstAnswers[group] = bases[oracle.choose(of: bases.count, isDeviation: false)]
            }
            answers[unit] = firstAnswers[group].rawValue
        }
        let isFirst = units.contains { askedIn[$0] != epoch }
        for unit in units { askedIn[unit] = epoch }
        guard isFirst || oracle.policy == .always else { return }
        let others = deviations(units, first, isWide: asked.count > 64, range)
        let chosen = oracle.choose(of: others.count + 1, isDeviation: true)
        if chosen > 0 { set(others[chosen - 1], units, first) }
    }

    /// What is chosen at once: a read, or all of a sector that holds a part of an image.
    private func cell(_ range: Range<Int>) -> Range<Int> {
        guard imageAreas.contains(where: { $0.overlaps(range) }),
            let sector = geometry.sector(containing: UInt32(range.lowerBound))
        else { return range }
        return min(Int(sector.address), range.lowerBound)..<max(Int(sector.end), range.upperBound)
    }

    private func deviations(_ units: [Int], _ first: Int, isWide: Bool, _ range: Range<Int>) -> [Answer] {
        var found: [Answer] = []
        let isUniform = units.allSatisfy { answers[$0] == answers[first] }
        func add(_ answer: Answer, if isPossible: (Int) -> Bool) {
            guard units.contains(where: isPossible), !isUniform || answers[first] != answer.rawValue else { return }
            found.append(answer)
        }
        add(.contents) { _ in true }
        add(.other) { differ($0) }
        add(.between) { between($0) != nil }
        add(.error) { _ in true }
        add(.erased) { picture.marks(of: $0).contains(.canBeErased) }
        add(.programmed) { picture.marks(of: $0).contains(.canBeProgrammed) }
        if units.count > 1, !isWide, units.contains(where: { differ($0) }) {
            found += [.contentsThenOther, .otherThenContents]
        }
        if isSwapInfo(range), range.lowerBound == first * picture.unitBytes {
            for (answer, type) in [(Answer.test, UInt8(2)), (.permanent, 3), (.revert, 4)]
            where canBegin(first, with: type) {
                found.append(answer)
            }
        }
        return found
    }

    private func isSwapInfo(_ range: Range<Int>) -> Bool {
        let offset = Int(map.trailer.swapInfoOffset)
        return range.lowerBound == Int(map.primary.offset) + offset
            || range.lowerBound == Int(map.secondary.offset) + offset
    }

    private func set(_ answer: Answer, _ units: [Int], _ first: Int) {
        for unit in units {
            switch answer {
            case .contentsThenOther: answers[unit] = (unit == first ? Answer.contents : .other).rawValue
            case .otherThenContents: answers[unit] = (unit == first ? Answer.other : .contents).rawValue
            case .test, .permanent, .revert: answers[unit] = (unit == first ? answer : .between).rawValue
            case .none, .contents, .other, .between, .error, .erased, .programmed: answers[unit] = answer.rawValue
            }
        }
    }

    private func answer(_ range: Range<Int>, _ buffer: UnsafeMutableRawBufferPointer) throws(FlashError) {
        for unit in picture.units(of: range) where picture.isDoubtful(unit) {
            let answer = Answer(rawValue: answers[unit]) ?? .none
            guard answer != .error else { throw .io(5) }
            let start = unit * picture.unitBytes
            for offset in max(start, range.lowerBound)..<min(start + picture.unitBytes, range.upperBound) {
                buffer[offset - range.lowerBound] = value(answer, unit, offset)
            }
        }
    }

    private func value(_ answer: Answer, _ unit: Int, _ offset: Int) -> UInt8 {
        let isFirst = offset == unit * picture.unitBytes
        switch answer {
        case .none, .contents, .error, .contentsThenOther, .otherThenContents:
            return picture.contents[offset]
        case .other:
            return picture.other[offset]
        case .between:
            guard let between = between(unit), between.offset == offset else { return picture.contents[offset] }
            return picture.contents[offset] ^ between.bit
        case .erased:
            return picture.marks(of: unit).contains(.canBeErased) ? geometry.erasedValue : picture.contents[offset]
        case .programmed:
            return picture.marks(of: unit).contains(.canBeProgrammed) ? ~geometry.erasedValue : picture.contents[offset]
        case .test: return isFirst ? 2 : picture.contents[offset]
        case .permanent: return isFirst ? 3 : picture.contents[offset]
        case .revert: return isFirst ? 4 : picture.contents[offset]
        }
    }

    private func differ(_ unit: Int) -> Bool {
        for offset in unit * picture.unitBytes..<(unit + 1) * picture.unitBytes
        where picture.contents[offset] != picture.other[offset] {
            return true
        }
        return false
    }

    /// The bit in which a value in between differs from `contents`; nil: there is no such value.
    private func between(_ unit: Int) -> (offset: Int, bit: UInt8)? {
        var bits = 0
        var found: (Int, UInt8)?
        for offset in unit * picture.unitBytes..<(unit + 1) * picture.unitBytes {
            let difference = picture.contents[offset] ^ picture.other[offset]
            guard difference != 0 else { continue }
            bits += difference.nonzeroBitCount
            if found == nil { found = (offset, difference & (~difference &+ 1)) }
        }
        if bits > 1 { return found }
        guard picture.marks(of: unit).contains(.canBeProgrammed) else { return nil }
        // A bit that the erase programmed.
        for offset in unit * picture.unitBytes..<(unit + 1) * picture.unitBytes {
            let (one, two) = (picture.contents[offset], picture.other[offset])
            let erased = ~(one ^ geometry.erasedValue) & ~(one ^ two)
            if erased != 0 { return (offset, erased & (~erased &+ 1)) }
        }
        return nil
    }

    /// Whether the first byte of a unit can read as a value: it is between the others, or bits were programmed.
    private func canBegin(_ unit: Int, with value: UInt8) -> Bool {
        let offset = unit * picture.unitBytes
        let (one, two) = (picture.contents[offset], picture.other[offset])
        if value == one || value == two { return false }
        var free = one ^ two
        if picture.marks(of: unit).contains(.canBeProgrammed) { free |= ~(one ^ geometry.erasedValue) }
        return (value ^ one) & ~free == 0
    }

    // MARK: Operations

    func program(at address: Int, _ bytes: RawSpan) throws(FlashError) {
        let unitBytes = picture.unitBytes
        guard address + bytes.byteCount <= picture.contents.count else { throw .outOfRange(address: UInt32(address)) }
        guard address % unitBytes == 0, bytes.byteCount % unitBytes == 0 else {
            throw .misaligned(address: UInt32(address))
        }
        let units = picture.units(of: address..<address + bytes.byteCount)
        var isInDoubt = false
        var readsErased = true
        for unit in units {
            let canBeErased = picture.canReadErased(unit)
            guard canBeErased, picture.isDoubtful(unit) || !picture.marks(of: unit).contains(.isSpent) else {
                throw .notErased(address: UInt32(unit * unitBytes))
            }
            guard picture.isDoubtful(unit) else { continue }
            isInDoubt = true
            if !reads(unit, as: geometry.erasedValue) { readsErased = false }
        }
        if isInDoubt {
            // What is done is what it reads like; or else what it could have read like.
            let isOther = oracle.choose(of: 2, isDeviation: true) == 1
            guard readsErased != isOther else { throw .notErased(address: UInt32(address)) }
        }
        willOperate(self, .program(address: address, bytes.withUnsafeBytes { [UInt8]($0) }))
        operationCount += 1
        epoch += 1
        picture.program(bytes, at: address)
        for unit in units where picture.isDoubtful(unit) { answers[unit] = Answer.contents.rawValue }
    }

    private func reads(_ unit: Int, as value: UInt8) -> Bool {
        let answer = Answer(rawValue: answers[unit]) ?? .none
        guard answer != .error else { return false }
        for offset in unit * picture.unitBytes..<(unit + 1) * picture.unitBytes
        where self.value(answer, unit, offset) != value {
            return false
        }
        return true
    }

    func erase(sectorAt address: UInt32) throws(FlashError) {
        guard let sector = geometry.sector(containing: address) else { throw .outOfRange(address: address) }
        guard sector.address == address else { throw .misaligned(address: address) }
        let range = Int(sector.address)..<Int(sector.end)
        willOperate(self, .erase(range))
        operationCount += 1
        epoch += 1
        picture.erase(range)
    }
}

/// The chip as device code has it. A copy is the same chip.
package struct DoubtfulFlash: ObservedFlash {
    package let chip: DoubtfulChip
    private var isObserved = false

    package init(_ chip: DoubtfulChip) {
        self.chip = chip
    }

    package var geometry: FlashGeometry { chip.picture.geometry }
    package var operationCount: Int { chip.operationCount }
    package var isSure: Bool { chip.picture.doubtfulCount == 0 }

    package var observed: DoubtfulFlash {
        var copy = self
        copy.isObserved = true
        return copy
    }

    package func holds(_ bytes: some Collection<UInt8>, at address: Int) -> Bool {
        chip.picture.contents[address..<address + bytes.count].elementsEqual(bytes)
    }

    package func isSure(_ range: Range<Int>) -> Bool { !chip.picture.hasDoubt(in: range) }

    package func note(_ facts: Facts) { chip.facts = facts }

    package mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        var failure: FlashError?
        buffer.withUnsafeMutableBytes { bytes in
            do throws(FlashError) {
                try chip.read(at: Int(address), into: bytes, isObserved: isObserved)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    package mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        try chip.program(at: Int(address), bytes)
    }

    package mutating func erase(sectorAt address: UInt32) throws(FlashError) {
        try chip.erase(sectorAt: address)
    }
}
