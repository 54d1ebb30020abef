import Bootloader
import Flash

/// A NOR flash in memory that loses power at a chosen operation: before it, inside it, or after it.
struct CutFlash: NORFlash, ~Copyable {
    /// Where in the operation the power fails.
    enum Moment: CaseIterable {
        case before
        /// A prefix of a program, in part; the first half of a sector.
        case insidePrefix
        /// A random subset of the bits.
        case insideSubset
        case after
    }

    struct Cut: Equatable {
        /// Counted from 1; programs and erases.
        var operation: Int
        var moment: Moment
    }

    let geometry: FlashGeometry
    private(set) var contents: [UInt8]
    private(set) var operations = 0
    private(set) var erases: [UInt32: Int] = [:]
    var cut: Cut?
    /// Programs fail with this error from now on.
    var failure: FlashError?
    private var isOff = false
    /// Bits that a write cut short left half-way, by address; `contents` has them erased.
    private(set) var doubts: [Int: UInt8] = [:]
    /// A doubtful bit reads as programmed once in so many reads, by a seeded coin.
    private var doubtOdds: UInt64 = 2
    private var coin: UInt64 = 0

    init(geometry: FlashGeometry, contents: [UInt8]? = nil, cut: Cut? = nil) {
        self.geometry = geometry
        self.contents = contents ?? [UInt8](repeating: geometry.erasedValue, count: Int(geometry.totalBytes))
        self.cut = cut
    }

    /// Leaves a bit of an erased byte half-way.
    mutating func doubt(at address: Int, bit: UInt8, oneReadIn odds: UInt64, seed: UInt64) {
        doubts[address] = bit
        doubtOdds = odds
        coin = seed
    }

    mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        guard !isOff else { throw .powerLost }
        guard Int(address) + buffer.byteCount <= contents.count else { throw .outOfRange(address: address) }
        for index in 0..<buffer.byteCount {
            let byte = contents[Int(address) + index] ^ flicker(at: Int(address) + index)
            buffer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }

    mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        guard !isOff else { throw .powerLost }
        let unit = Int(geometry.writeAlignmentBytes)
        guard Int(address) % unit == 0, bytes.byteCount % unit == 0 else { throw .misaligned(address: address) }
        guard Int(address) + bytes.byteCount <= contents.count else { throw .outOfRange(address: address) }
        for index in 0..<bytes.byteCount where contents[Int(address) + index] != geometry.erasedValue {
            throw .notErased(address: address + UInt32(index))
        }
        if let failure { throw failure }
        let range = Int(address)..<Int(address) + bytes.byteCount
        let target = range.map { bytes.unsafeLoad(fromByteOffset: $0 - range.lowerBound, as: UInt8.self) }
        try apply(target, to: range)
        // A bit that this did not program stays half-way.
        for (address, bit) in doubts
        where range.contains(address) && contents[address] & bit != geometry.erasedValue & bit {
            doubts[address] = nil
        }
    }

    mutating func erase(sectorAt address: UInt32) throws(FlashError) {
        guard !isOff else { throw .powerLost }
        guard let sector = geometry.sector(containing: address), sector.address == address else {
            throw .misaligned(address: address)
        }
        erases[address, default: 0] += 1
        let range = Int(sector.address)..<Int(sector.end)
        try apply([UInt8](repeating: geometry.erasedValue, count: range.count), to: range)
        for address in doubts.keys where range.contains(address) { doubts[address] = nil }
    }

    private mutating func flicker(at address: Int) -> UInt8 {
        guard let bit = doubts[address] else { return 0 }
        coin &+= 0x9E37_79B9_7F4A_7C15
        var value = coin
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return (value ^ value >> 31) % doubtOdds == 0 ? bit : 0
    }

    private mutating func apply(_ target: [UInt8], to range: Range<Int>) throws(FlashError) {
        operations += 1
        guard let cut, cut.operation == operations else {
            contents.replaceSubrange(range, with: target)
            return
        }
        isOff = true
        switch cut.moment {
        case .before:
            break
        case .insidePrefix:
            for index in 0..<range.count / 2 { contents[range.lowerBound + index] = target[index] }
        case .insideSubset:
            var state = UInt32(truncatingIfNeeded: operations &* 2_654_435_761) | 1
            for index in 0..<range.count {
                state ^= state << 13
                state ^= state >> 17
                state ^= state << 5
                let mask = UInt8(truncatingIfNeeded: state)
                let old = contents[range.lowerBound + index]
                contents[range.lowerBound + index] = (old & ~mask) | (target[index] & mask)
            }
        case .after:
            contents.replaceSubrange(range, with: target)
        }
        throw .powerLost
    }
}
