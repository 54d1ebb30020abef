import Flash
import FlashEmulator

/// A flash in which a test decides what the units in doubt answer: after each power cut, for each operation that was
/// cut, the old values, the new ones, or an error.
struct DecidedFlash: NORFlash {
    enum Answer: CaseIterable {
        case old, new, error
    }

    private struct Doubt {
        var old: UInt8
        var new: UInt8
        /// Which torn operation it is from.
        var cut: Int
    }

    private var memory: MemoryFlash
    private var doubts: [Int: Doubt] = [:]
    private var answers: [Answer] = []
    private var operationsLeft: Int?
    private var isPowered = true
    /// Reads until one is wrong, and which bit of its last byte then is.
    var misread: (readsLeft: Int, bit: UInt8)?
    private(set) var reads = 0

    init(_ memory: MemoryFlash) {
        self.memory = memory
    }

    var geometry: FlashGeometry { memory.geometry }

    /// Cuts the power in the operation after so many others, which is torn.
    mutating func cutPower(in operation: Int) {
        operationsLeft = operation
    }

    /// - Parameter answers: of the operations that were cut, the first one first.
    mutating func powerOn(_ answers: [Answer]) {
        for index in self.answers.indices where index < answers.count { self.answers[index] = answers[index] }
        operationsLeft = nil
        isPowered = true
    }

    mutating func powerOn(_ answers: Answer...) { powerOn(answers) }

    mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        try memory.read(at: address, into: &buffer)
        reads += 1
        for index in 0..<buffer.byteCount where doubts[Int(address) + index] != nil {
            guard let byte = value(at: Int(address) + index) else { throw .io(5) }
            buffer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }
        guard let misread, buffer.byteCount > 0 else { return }
        self.misread = misread.readsLeft > 0 ? (misread.readsLeft - 1, misread.bit) : nil
        guard misread.readsLeft == 0 else { return }
        let last = buffer.byteCount - 1
        let byte = buffer.bytes.unsafeLoad(fromByteOffset: last, as: UInt8.self) ^ misread.bit
        buffer.storeBytes(of: byte, toByteOffset: last, as: UInt8.self)
    }

    mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        let range = Int(address)..<Int(address) + bytes.byteCount
        for offset in range where (value(at: offset) ?? ~geometry.erasedValue) != geometry.erasedValue {
            throw .notErased(address: UInt32(offset))
        }
        let new = (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        try write(new, to: range)
    }

    mutating func erase(sectorAt address: UInt32) throws(FlashError) {
        guard isPowered else { throw .powerLost }
        guard let sector = geometry.sector(containing: address), sector.address == address else {
            throw .misaligned(address: address)
        }
        let range = Int(sector.address)..<Int(sector.end)
        try write([UInt8](repeating: geometry.erasedValue, count: range.count), to: range)
    }

    private mutating func write(_ new: [UInt8], to range: Range<Int>) throws(FlashError) {
        if let left = operationsLeft { operationsLeft = left - 1 }
        guard operationsLeft == -1 else {
            for offset in range { doubts[offset] = nil }
            memory.overwrite(at: UInt32(range.lowerBound), new)
            return
        }
        for (offset, byte) in zip(range, new) {
            let old = doubts[offset]?.old ?? memory.contents[offset]
            if old != byte || doubts[offset] != nil { doubts[offset] = Doubt(old: old, new: byte, cut: answers.count) }
        }
        answers.append(.old)
        isPowered = false
        throw .powerLost
    }

    /// Nil: it cannot be read.
    private func value(at offset: Int) -> UInt8? {
        guard let doubt = doubts[offset] else { return memory.contents[offset] }
        return switch answers[doubt.cut] {
        case .old: doubt.old
        case .new: doubt.new
        case .error: nil
        }
    }
}
