import FlashEmulator
import Glibc

/// Every state that a power cut can leave of a run.
struct Cuts {
    /// Added to every seed: `SEED=… swift test --filter BootloaderTests` plays other tears.
    static let firstSeed = getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? 0

    private let start: MemoryFlash
    private let operations: [FlashOperation]

    /// Does a run on a copy of the device and records its operations.
    init(of device: inout Device, _ run: (inout Device) throws -> Void) throws {
        var recorded = device
        recorded.flash.clearOperations()
        recorded.flash.recordsOperations = true
        try run(&recorded)
        operations = recorded.flash.operations
        var start = device.flash
        start.recordsOperations = false
        self.start = start
    }

    /// Gives each state, with the place of the cut in words.
    func forEach(seeds: Range<UInt64>, _ body: (MemoryFlash, String) throws -> Void) throws {
        var flash = start
        try body(flash, "0 before")
        for (index, operation) in operations.enumerated() {
            for mode in PowerCut.Mode.allCases where mode != .before && mode != .after {
                for seed in seeds {
                    var torn = flash
                    try torn.replay(operation, cut: mode, seed: seed &+ UInt64(index) &* 0x1_0000)
                    try body(torn, "\(index) \(mode) \(seed) \(Self.name(operation))")
                }
            }
            try flash.replay(operation)
            try body(flash, "\(index) after \(Self.name(operation))")
        }
    }

    private static func name(_ operation: FlashOperation) -> String {
        switch operation {
        case .program(let address, let bytes): "program \(address)+\(bytes.count)"
        case .erase(let address): "erase \(address)"
        }
    }
}
