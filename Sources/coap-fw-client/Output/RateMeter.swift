/// How fast blocks arrive, outages left out.
struct RateMeter {
    private var blocks = 0
    private var activeTime: Duration = .zero
    private var lastArrival: Duration?
    private var lastStored: UInt32 = 0

    /// A gap longer than this is an outage, and so much of it counts as waiting for a block.
    private static let longestGap = Duration.seconds(2)

    /// - Parameters:
    ///   - stored: blocks that are there.
    ///   - now: see `UpdateDriver`.
    mutating func note(stored: UInt32, now: Duration) {
        guard let last = lastArrival, stored >= lastStored else {
            // The first look, or a download that begins anew.
            self = RateMeter()
            (lastArrival, lastStored) = (now, stored)
            return
        }
        guard stored > lastStored else { return }
        let usual = blocks > 0 ? activeTime / blocks * 4 : .zero
        activeTime += min(now - last, max(Self.longestGap, usual))
        blocks += Int(stored - lastStored)
        (lastArrival, lastStored) = (now, stored)
    }

    /// Seconds that one block takes; nil: nothing measured.
    var secondsPerBlock: Double? {
        blocks > 0 && activeTime > .zero ? activeTime.seconds / Double(blocks) : nil
    }
}
