/// What an update cost up to now, and what of the download was there before.
struct UpdateAccount {
    private var counters = UpdateStatistics()
    /// When the first request for a block left.
    private var transferStart: Duration?
    /// Bytes of the image that were in flash when this run began to download.
    private var resumedBytes: UInt32 = 0
    /// A download was begun or resumed in this run.
    private(set) var hasDownloaded = false
    private var tornSectors = 0

    mutating func received(byteCount: Int) { counters.bytesReceived += UInt64(byteCount) }

    mutating func sent(byteCount: Int) { counters.bytesSent += UInt64(byteCount) }

    /// A request for a block left.
    mutating func requested(byteCount: Int, now: Duration) {
        if transferStart == nil { transferStart = now }
        sent(byteCount: byteCount)
    }

    mutating func ignoredDatagram() { counters.datagramsIgnored &+= 1 }

    /// The engine begins with block 0, and with counters of its own.
    mutating func beganChecking(after progress: TransferProgress) {
        counters.requests &+= progress.requests
        counters.retransmissions &+= progress.retransmissions
    }

    /// A download begins without progress.
    mutating func beganDownload() {
        resumedBytes = 0
        hasDownloaded = true
    }

    /// A download is resumed with so many bytes of whole blocks. What this run downloaded itself before it had to look
    /// again is not resumed.
    mutating func resumedDownload(bytesInFlash: UInt32) {
        resumedBytes = hasDownloaded ? min(resumedBytes, bytesInFlash) : bytesInFlash
        hasDownloaded = true
    }

    mutating func storedBlock(now: Duration) {
        if let transferStart { counters.transferTime = now - transferStart }
    }

    /// - Parameter cause: why the download begins anew.
    /// - Returns: how often that was.
    mutating func restarted(_ cause: RestartCause) -> Int {
        counters.restarts += 1
        counters.lastRestart = cause
        return counters.restarts
    }

    /// - Returns: how many sectors were given up.
    mutating func foundTornSector() -> Int {
        tornSectors += 1
        return tornSectors
    }

    func statistics(
        engine: borrowing BlockTransfer,
        keeper: ChannelKeeper,
        sectorsErased: UInt32
    ) -> UpdateStatistics {
        var statistics = counters
        let progress = engine.progress
        let blockBytes = UInt32(engine.blockBytes)
        statistics.blocksTotal = progress.blocksTotal
        statistics.blocksStored = progress.blocksReceived
        statistics.blockSizeBytes = engine.blockBytes
        statistics.resumedBlocks = (resumedBytes + blockBytes - 1) / blockBytes
        statistics.requests = counters.requests &+ progress.requests
        statistics.retransmissions = counters.retransmissions &+ progress.retransmissions
        statistics.smoothedRoundTrip = progress.smoothedRoundTrip
        statistics.lossPer256 = progress.lossPer256
        statistics.handshakes = keeper.handshakes
        statistics.handshakeTime = keeper.openingTime
        statistics.channelsOpened = keeper.channelsOpened
        statistics.lastChannelDown = keeper.channelsOpened > 1 ? keeper.lastReason : nil
        statistics.sectorsErased = sectorsErased
        return statistics
    }
}
