import FlashEmulator
import SeededRandom

/// What a power cut left.
struct CutState {
    var flash: MemoryFlash
    var facts: Facts
    /// Of the tear that led here.
    var seed: UInt64
    /// What was in flash of the download that the cut interrupted, if the server goes on offering it.
    var progress: Progress?
    /// How it came to be.
    var path: [CutPoint]

    /// One number of what counts as one state: every byte of the flash, the bits in doubt, what was going on and what
    /// may boot next. How it was reached is not in it.
    var fingerprint: UInt64 {
        var hash = facts.fingerprint
        for entry in flash.unstableBits.entries {
            hash = SplitMix64.mix(hash ^ UInt64(entry.offset) << 8 ^ UInt64(entry.mask))
        }
        for address in flash.unreadableUnits { hash = SplitMix64.mix(hash ^ UInt64(address) << 1 ^ 1) }
        flash.contents.withUnsafeBytes { bytes in
            // Four chains, because one multiplication after another would wait for each.
            var lanes: (UInt64, UInt64, UInt64, UInt64) = (hash, 1, 2, 3)
            for offset in stride(from: 0, to: bytes.count & ~31, by: 32) {
                lanes.0 = Self.step(lanes.0, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                lanes.1 = Self.step(lanes.1, bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
                lanes.2 = Self.step(lanes.2, bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
                lanes.3 = Self.step(lanes.3, bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
            }
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { hash = SplitMix64.mix(hash ^ lane) }
        }
        return hash
    }

    /// What is called after this cut, instead of a boot.
    var probe: Probe { Probe.allCases[Int(SplitMix64.mix(seed) % UInt64(Probe.allCases.count))] }

    private static func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (lane ^ word) &* 0x9FB2_1C65_1E98_DF25
        return mixed ^ mixed >> 29
    }
}
