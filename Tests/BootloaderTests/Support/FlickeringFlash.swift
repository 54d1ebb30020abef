import Bootloader
import Flash
import FlashEmulator
import SeededRandom

/// A flash in which a power cut leaves bits half-way: they read differently each time, until they are erased, or
/// programmed, by an operation that returns.
struct FlickeringFlash: NORFlash {
    private var memory: MemoryFlash
    /// Bits that are half-way, by address.
    private var unstable: [Int: UInt8] = [:]
    private var random: SplitMix64
    /// Operations until the cut.
    private var operationsLeft: Int?
    private var isPowered = true

    init(_ memory: MemoryFlash, seed: UInt64) {
        self.memory = memory
        random = SplitMix64(seed: seed)
    }

    var geometry: FlashGeometry { memory.geometry }

    /// Leaves a bit of a byte half-way that was begun to be programmed, or to be erased.
    mutating func doubt(at address: UInt32, bit: UInt8) {
        let offset = Int(address)
        let programmed = memory.contents[offset] & ~bit | ~geometry.erasedValue & bit
        memory.overwrite(at: address, [programmed])
        unstable[offset] = bit
    }

    mutating func cutPower(at operation: Int) {
        operationsLeft = operation
    }

    mutating func powerOn(seed: UInt64) {
        isPowered = true
        operationsLeft = nil
        random = SplitMix64(seed: seed)
    }

    mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        try memory.read(at: address, into: &buffer)
        for index in 0..<buffer.byteCount {
            guard let mask = unstable[Int(address) + index] else { continue }
            let byte = memory.contents[Int(address) + index] ^ mask & UInt8.random(in: 0...255, using: &random)
            buffer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
    }

    mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        let range = Int(address)..<Int(address) + bytes.byteCount
        guard isCut() else {
            try memory.program(at: address, bytes)
            for offset in range { unstable[offset] = nil }
            return
        }
        var done = memory
        try done.program(at: address, bytes)
        tear(range, towards: done.contents)
        throw .powerLost
    }

    mutating func erase(sectorAt address: UInt32) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        guard let sector = geometry.sector(containing: address) else { throw .outOfRange(address: address) }
        let range = Int(sector.address)..<Int(sector.end)
        guard isCut() else {
            try memory.erase(sectorAt: address)
            for offset in range { unstable[offset] = nil }
            return
        }
        var done = memory
        try done.erase(sectorAt: address)
        tear(range, towards: done.contents)
        throw .powerLost
    }

    private mutating func isCut() -> Bool {
        guard let left = operationsLeft else { return false }
        guard left == 0 else {
            operationsLeft = left - 1
            return false
        }
        isPowered = false
        operationsLeft = nil
        return true
    }

    /// Nothing, all, a share of the bits, and in most cases all but a few; those that were to change may be half-way.
    private mutating func tear(_ range: Range<Int>, towards target: [UInt8]) {
        let kind = Int.random(in: 0..<6, using: &random)
        let few = Set((0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: range, using: &random) })
        for offset in range {
            let changing = memory.contents[offset] ^ target[offset]
            guard changing != 0 else { continue }
            let mask = UInt8.random(in: 0...255, using: &random)
            switch kind {
            case 0: break
            case 1:
                memory.overwrite(at: UInt32(offset), [target[offset]])
            case 2:
                // A share of the bits, for good.
                memory.overwrite(at: UInt32(offset), [memory.contents[offset] ^ changing & mask])
            case 3:
                // Everything may still be what it was, and may not.
                if few.contains(offset) { unstable[offset] = changing }
            case 4:
                // Everything may be done, and may not.
                memory.overwrite(at: UInt32(offset), [target[offset]])
                if few.contains(offset) { unstable[offset, default: 0] |= changing }
            default:
                unstable[offset, default: 0] |= changing & mask
            }
        }
    }
}
