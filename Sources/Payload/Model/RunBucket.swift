/// Lengths of runs in classes: below 8 bytes one each, then two per octave.
package enum RunBucket {
    package static let count = 44
    /// From 16 bytes on ends are rare, and coded precisely.
    package static let longRun: UInt32 = 16

    package static func of(_ run: UInt32) -> Int {
        if run < 8 { return Int(truncatingIfNeeded: run) }
        let log = 31 &- run.leadingZeroBitCount
        let half = Int(truncatingIfNeeded: (run &>> UInt32(truncatingIfNeeded: log &- 1)) & 1)
        return min(8 &+ 2 &* (log &- 3) &+ half, count &- 1)
    }

    /// That a run of this class ends has at first a probability of 2 to the minus this.
    static func exponent(_ bucket: Int) -> Int { bucket < 8 ? 2 : min(bucket / 2 - 1, 18) }
}
