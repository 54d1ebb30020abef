public import Flash
import Glibc
import SeededRandom

/// A NOR flash in memory, with faults.
///
/// A value: a copy is a snapshot, cheap until either is changed. What it refuses and what a power cut leaves is the
/// contract of `NORFlash`.
///
/// The contract of the emulator itself, which power-fail runs rest on:
/// - *Power cuts*: `cutPower` before, inside (in several ways) and after an operation; see `PowerCut`.
/// - *Unstable bits*: what `PowerCut.Mode.insideUnstable` leaves; see `UnstableBits`.
/// - *Unreadable units*: what `PowerCut.Mode.insideUnreadable` leaves, or `failToRead`.
/// - *Wrong read*: off unless `misread` is set; see there.
/// - *Read disturb*: off unless `readDisturb` is set; see there.
/// - *Write once*: a write unit takes one program per erase, whatever it writes, where the part has ECC
///   (`isWriteOnce`).
/// - *Counters*: `counters` counts what was done whole, `wear` the erases of each sector, torn ones included. Nothing
///   wears out.
/// - All of it is decided by seeds: equal calls on equal flashes give equal flashes.
public struct MemoryFlash: NORFlash, Sendable {
    /// Sectors, write alignment and erased value.
    public let geometry: FlashGeometry
    /// The whole flash. Set by tests and tools that make a flash from a dump; see `overwrite`.
    public private(set) var contents: [UInt8]
    /// How often each sector was erased, torn erases included.
    public private(set) var wear: [UInt32]
    /// What was done whole.
    public private(set) var counters = FlashCounters()
    /// Whether the power is on; off after a cut.
    public private(set) var isPowered = true
    /// The cut to come, counted down at each operation.
    public private(set) var powerCut: PowerCut?
    /// Bits that read differently from read to read.
    public private(set) var unstableBits = UnstableBits()
    /// The addresses of the write units that fail to read, in order.
    public private(set) var unreadableUnits: [Int] = []
    /// A read to come that is wrong once; `nil`: none.
    public var misread: Misread?
    /// What reading does to a flash; `nil`: nothing. Set it before the flash is read.
    public var readDisturb: ReadDisturb?
    /// Whether operations are kept in `operations`.
    public var recordsOperations = false
    /// Every operation since recording began that was done or cut, as it was asked for.
    public private(set) var operations: [FlashOperation] = []

    /// One bit per write unit that was programmed since its last erase, on parts whose units can be programmed once
    /// even with the erased value (ECC); empty on others.
    private var programmedUnits: [Bool]
    /// By sector; only while `readDisturb` is set.
    private var readsSinceErase: [UInt32: UInt32] = [:]

    /// An erased flash.
    ///
    /// - Parameters:
    ///   - geometry: its shape.
    ///   - isWriteOnce: whether a write unit can be programmed only once per erase whatever is written, as flash with
    ///     ECC.
    public init(geometry: FlashGeometry, isWriteOnce: Bool = false) {
        self.geometry = geometry
        contents = [UInt8](repeating: geometry.erasedValue, count: Int(geometry.totalBytes))
        wear = [UInt32](repeating: 0, count: Int(geometry.sectorCount))
        programmedUnits =
            isWriteOnce
            ? [Bool](repeating: false, count: Int(geometry.totalBytes / geometry.writeAlignmentBytes)) : []
    }

    /// A flash with contents and wear, as from a file; `nil` for other counts than these.
    ///
    /// - Parameters:
    ///   - geometry: its shape.
    ///   - contents: `geometry.totalBytes` bytes.
    ///   - wear: `geometry.sectorCount` numbers.
    public init?(geometry: FlashGeometry, contents: [UInt8], wear: [UInt32]) {
        guard contents.count == Int(geometry.totalBytes), wear.count == Int(geometry.sectorCount) else { return nil }
        self.init(geometry: geometry)
        self.contents = contents
        self.wear = wear
    }

    // MARK: Faults

    /// Cuts the power at an operation to come; replaces an earlier plan.
    public mutating func cutPower(_ cut: PowerCut?) {
        powerCut = cut
    }

    /// Turns the power on again. Contents stay; no cut is planned.
    public mutating func powerOn() {
        isPowered = true
        powerCut = nil
    }

    /// Puts bytes into the flash against all its rules: damage, dumps, nonsense.
    ///
    /// - Returns: `false`, and nothing changed, if they do not fit.
    @discardableResult
    public mutating func overwrite(at address: UInt32, _ bytes: [UInt8]) -> Bool {
        guard Int(address) + bytes.count <= contents.count else { return false }
        contents.replaceSubrange(Int(address)..<Int(address) + bytes.count, with: bytes)
        unstableBits.settle(Int(address)..<Int(address) + bytes.count)
        unreadableUnits.removeAll { Int(address)..<Int(address) + bytes.count ~= $0 }
        return true
    }

    /// Makes the write units of a range fail to read, until their sector is erased.
    public mutating func failToRead(_ range: Range<UInt32>) {
        let unit = Int(geometry.writeAlignmentBytes)
        let first = Int(range.lowerBound) / unit * unit
        unreadableUnits = (unreadableUnits + stride(from: first, to: Int(range.upperBound), by: unit)).sorted()
    }

    /// Forgets the recorded operations.
    public mutating func clearOperations() {
        operations.removeAll(keepingCapacity: true)
    }

    /// Does a recorded operation, whole or cut. The power stays on, no counter moves but the wear.
    ///
    /// - Throws: what the operation throws.
    public mutating func replay(
        _ operation: FlashOperation,
        cut mode: PowerCut.Mode = .after,
        seed: UInt64 = 0
    ) throws(FlashError) {
        switch operation {
        case .program(let address, let bytes):
            try checkProgram(at: address, bytes.span.bytes)
            write(bytes.span.bytes, at: Int(address), mode, seed)
        case .erase(let sectorAddress):
            let sector = try checkErase(sectorAt: sectorAddress)
            erase(sector, mode, seed)
        }
    }

    // MARK: NORFlash

    /// See `NORFlash`; unstable bits read at random.
    public mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        try checkRange(address, buffer.byteCount)
        counters.reads += 1
        counters.bytesRead += UInt64(buffer.byteCount)
        guard buffer.byteCount > 0 else { return }
        guard firstUnreadable(in: Int(address)..<Int(address) + buffer.byteCount) == nil else { throw .io(EIO) }
        disturb(Int(address)..<Int(address) + buffer.byteCount)
        contents.withUnsafeBytes { source in
            buffer.withUnsafeMutableBytes { destination in
                destination.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[Int(address)..<Int(address) + destination.count])
                )
            }
        }
        if !unstableBits.isEmpty {
            buffer.withUnsafeMutableBytes { unstableBits.disturb($0, readAt: Int(address)) }
        }
        if misread != nil {
            buffer.withUnsafeMutableBytes { misread.disturb($0) }
        }
    }

    /// See `NORFlash`.
    public mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        try checkProgram(at: address, bytes)
        if recordsOperations {
            operations.append(.program(address: address, bytes: bytes.withUnsafeBytes { [UInt8]($0) }))
        }
        let cut = nextCut()
        if cut == nil {
            counters.programs += 1
            counters.bytesProgrammed += UInt64(bytes.byteCount)
        }
        write(bytes, at: Int(address), cut?.mode ?? .after, cut?.seed ?? 0)
        guard cut == nil else { throw .powerLost }
    }

    /// See `NORFlash`.
    public mutating func erase(sectorAt address: UInt32) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        let sector = try checkErase(sectorAt: address)
        if recordsOperations {
            operations.append(.erase(sectorAddress: address))
        }
        let cut = nextCut()
        if cut == nil {
            counters.erases += 1
        }
        erase(sector, cut?.mode ?? .after, cut?.seed ?? 0)
        guard cut == nil else { throw .powerLost }
    }

    // MARK: Rules

    private func checkRange(_ address: UInt32, _ byteCount: Int) throws(FlashError) {
        guard Int(address) + byteCount <= contents.count else { throw .outOfRange(address: address) }
    }

    private func checkProgram(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        try checkRange(address, bytes.byteCount)
        let unit = Int(geometry.writeAlignmentBytes)
        guard Int(address) % unit == 0, bytes.byteCount % unit == 0 else { throw .misaligned(address: address) }
        if let unreadable = firstUnreadable(in: Int(address)..<Int(address) + bytes.byteCount) {
            throw .notErased(address: UInt32(unreadable))
        }
        if let offset = firstUnerased(in: Int(address)..<Int(address) + bytes.byteCount) {
            throw .notErased(address: UInt32(offset))
        }
        if !programmedUnits.isEmpty {
            let units = Int(address) / unit..<(Int(address) + bytes.byteCount) / unit
            if let programmed = units.first(where: { programmedUnits[$0] }) {
                throw .notErased(address: UInt32(programmed * unit))
            }
        }
    }

    private func checkErase(sectorAt address: UInt32) throws(FlashError) -> FlashSector {
        guard let sector = geometry.sector(containing: address) else { throw .outOfRange(address: address) }
        guard sector.address == address else { throw .misaligned(address: address) }
        return sector
    }

    /// Compares the range with itself one byte on: one call of the C library, fast in debug builds as well.
    private func firstUnerased(in range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return nil }
        let erasedValue = geometry.erasedValue
        return contents.withUnsafeBytes { bytes -> Int? in
            let window = UnsafeRawBufferPointer(rebasing: bytes[range])
            guard let start = window.baseAddress else { return nil }
            if window[0] == erasedValue, memcmp(start, start + 1, window.count - 1) == 0 { return nil }
            return window.firstIndex { $0 != erasedValue }.map { $0 + range.lowerBound }
        }
    }

    private mutating func nextCut() -> PowerCut? {
        guard var cut = powerCut else { return nil }
        guard cut.operation == 0 else {
            cut.operation -= 1
            powerCut = cut
            return nil
        }
        powerCut = nil
        isPowered = false
        return cut
    }

    // MARK: Contents

    private mutating func disturb(_ range: Range<Int>) {
        guard let readDisturb else { return }
        var address = UInt32(range.lowerBound)
        while address < range.upperBound, let sector = geometry.sector(containing: address) {
            let reads = readsSinceErase[sector.index, default: 0] &+ 1
            readsSinceErase[sector.index] = reads
            if reads % max(readDisturb.readsPerBit, 1) == 0 {
                var random = SplitMix64(seed: readDisturb.seed ^ UInt64(sector.index) << 32 ^ UInt64(reads))
                let offset = Int(sector.address) + Int.random(in: 0..<Int(sector.sizeBytes), using: &random)
                let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                contents[offset] = contents[offset] & ~bit | ~geometry.erasedValue & bit
            }
            address = sector.end
        }
    }

    private func firstUnreadable(in range: Range<Int>) -> Int? {
        guard !unreadableUnits.isEmpty else { return nil }
        let unit = Int(geometry.writeAlignmentBytes)
        return unreadableUnits.first { $0 < range.upperBound && range.lowerBound < $0 + unit }
    }

    private mutating func write(_ bytes: RawSpan, at offset: Int, _ mode: PowerCut.Mode, _ seed: UInt64) {
        guard bytes.byteCount > 0, mode != .before else { return }
        let erasedValue = geometry.erasedValue
        var unstable: [UnstableBits.Entry] = []
        contents.withUnsafeMutableBytes { contents in
            let target = UnsafeMutableRawBufferPointer(rebasing: contents[offset..<offset + bytes.byteCount])
            bytes.withUnsafeBytes { bytes in
                switch mode {
                case .before: break
                case .insideUnstable: unstable = Tear.unstable(target, from: bytes, seed: seed)
                case .after: target.copyMemory(from: bytes)
                case .insidePrefix: Tear.prefix(target, from: bytes, seed: seed)
                case .insideSubset, .insideUnreadable, .insidePreprogrammed:
                    Tear.subset(target, from: bytes, seed: seed)
                case .insideBlocks: Tear.blocks(target, from: bytes, seed: seed)
                }
            }
        }
        if !unstableBits.isEmpty {
            // A bit that is programmed now is sure; one that is to stay erased is what it was.
            bytes.withUnsafeBytes { unstableBits.program($0, at: offset, erasedValue: erasedValue) }
        }
        if !unstable.isEmpty { unstableBits.insert(unstable, at: offset, seed: seed) }
        if mode == .insideUnreadable { loseUnits(of: offset..<offset + bytes.byteCount, seed) }
        if !programmedUnits.isEmpty {
            let unit = Int(geometry.writeAlignmentBytes)
            for index in offset / unit..<(offset + bytes.byteCount) / unit {
                // A torn unit that still reads erased can be written: what the part would say of it is not known.
                programmedUnits[index] =
                    mode == .after || contents[index * unit..<(index + 1) * unit].contains { $0 != erasedValue }
            }
        }
    }

    /// Some of the units of a torn operation fail to read from now on.
    private mutating func loseUnits(of range: Range<Int>, _ seed: UInt64) {
        var random = SplitMix64(seed: ~seed)
        let unit = Int(geometry.writeAlignmentBytes)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let address = range.lowerBound + Int.random(in: 0..<range.count / unit, using: &random) * unit
            if !unreadableUnits.contains(address) { unreadableUnits.append(address) }
        }
        unreadableUnits.sort()
    }

    private mutating func erase(_ sector: FlashSector, _ mode: PowerCut.Mode, _ seed: UInt64) {
        guard mode != .before else { return }
        wear[Int(sector.index)] &+= 1
        let erasedValue = geometry.erasedValue
        var unstable: [UnstableBits.Entry] = []
        contents.withUnsafeMutableBytes { contents in
            let target = UnsafeMutableRawBufferPointer(
                rebasing: contents[Int(sector.address)..<Int(sector.end)]
            )
            switch mode {
            case .before: break
            case .after: target.initializeMemory(as: UInt8.self, repeating: erasedValue)
            case .insidePrefix: Tear.prefix(target, to: erasedValue, seed: seed)
            case .insideSubset, .insideUnreadable: Tear.subset(target, to: erasedValue, seed: seed)
            case .insidePreprogrammed: Tear.preprogrammed(target, erasedValue: erasedValue, seed: seed)
            case .insideBlocks: Tear.blocks(target, to: erasedValue, seed: seed)
            case .insideUnstable: unstable = Tear.unstable(target, to: erasedValue, seed: seed)
            }
        }
        // What an erase left of earlier doubt, it may have left in doubt.
        if mode == .after { unstableBits.settle(Int(sector.address)..<Int(sector.end)) }
        if !unstable.isEmpty { unstableBits.insert(unstable, at: Int(sector.address), seed: seed) }
        if mode == .after, !unreadableUnits.isEmpty {
            unreadableUnits.removeAll { Int(sector.address)..<Int(sector.end) ~= $0 }
        }
        if mode == .insideUnreadable { loseUnits(of: Int(sector.address)..<Int(sector.end), seed) }
        if mode == .after { readsSinceErase[sector.index] = nil }
        if !programmedUnits.isEmpty {
            let unit = geometry.writeAlignmentBytes
            for index in Int(sector.address / unit)..<Int(sector.end / unit) {
                programmedUnits[index] =
                    mode != .after
                    && contents[index * Int(unit)..<(index + 1) * Int(unit)].contains { $0 != erasedValue }
            }
        }
    }
}
