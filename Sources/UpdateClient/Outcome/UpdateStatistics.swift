/// What an update cost.
public struct UpdateStatistics: Equatable, Sendable {
    /// Blocks of the image; nil: not known yet.
    public var blocksTotal: UInt32?
    /// Blocks in flash, those of earlier runs included.
    public var blocksStored: UInt32 = 0
    /// Blocks that were in flash already when this run began to download.
    public var resumedBlocks: UInt32 = 0
    /// Requests sent.
    public var requests: UInt32 = 0
    /// Requests for a block that had been asked for before.
    public var retransmissions: UInt32 = 0
    /// Channels that came up.
    public var handshakes: Int = 0
    /// What channels took to come up, in all.
    public var handshakeTime: Duration = .zero
    /// Channels that were tried.
    public var channelsOpened: Int = 0
    /// From the first block request to the last block stored.
    public var transferTime: Duration = .zero
    /// CoAP bytes, below them DTLS and UDP have their own.
    public var bytesSent: UInt64 = 0
    /// CoAP bytes, as for ``bytesSent``.
    public var bytesReceived: UInt64 = 0
    /// Datagrams that were no CoAP messages or nothing that was asked for.
    public var datagramsIgnored: UInt32 = 0
    /// Sectors of the secondary slot that were erased.
    public var sectorsErased: UInt32 = 0
    /// Downloads begun anew.
    public var restarts: Int = 0
    /// Why the last download began anew.
    public var lastRestart: RestartCause?
    /// Why there was no channel any more, the last time; nil: there is the first one.
    public var lastChannelDown: ChannelDownReason?
    /// Measured by the transfer; nil: nothing measured yet.
    public var smoothedRoundTrip: Duration?
    /// Share of recent requests without an answer, in 1/256.
    public var lossPer256: Int = 0
    /// Payload bytes of a whole block.
    public var blockSizeBytes: Int = 0

    /// Nothing yet.
    public init() {}
}

/// Why a download begins anew.
public enum RestartCause: Equatable, Sendable {
    /// The server has another image now, or its blocks contradicted each other.
    case otherImage
    /// What was downloaded was damaged or forged on the way, or of two images.
    case damaged
    /// What an earlier run left in flash is not what its journal says.
    case contradicted
}

/// Memory that a machine holds beside its own size, in bytes; all of it is allocated in `init`.
public struct UpdateMemory: Equatable, Sendable {
    /// The journal's marks.
    public var journalBytes: Int
    /// The accounts of blocks and sectors.
    public var slotBytes: Int
}
