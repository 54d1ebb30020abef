/// What a transfer may use and how long it tries. The defaults suit a device with some ten KB of free RAM.
public struct TransferConfiguration: Equatable, Sendable {
    /// Blocks that the bitmaps have room for (two bits each), at the block size in use; a larger image is
    /// ``TransferError/tooLarge(sizeBytes:)``. A server that answers with smaller blocks needs more of them.
    public var maximumBlocks: UInt32
    /// The block size asked for: 16 << szx bytes, 0…6.
    public var preferredSZX: UInt8
    /// The least that is asked for where the path does not carry larger ones, as `preferredSZX`.
    public var minimumSZX: UInt8
    /// Requests that may be unanswered at a time, 1…1024. The table has twice as many entries of 24 bytes, so that late
    /// answers are still known. A link is filled if this exceeds rate · RTT / block size / (1 − p)².
    /// 1024 fill 9 Mbit/s at a round trip of a second; a longer, faster path is used in part.
    public var maximumInFlight: Int
    /// The round trip that is expected, for example from the handshake; nil: not known.
    public var expectedRoundTrip: Duration?
    /// The longest time between two probes of a server that does not answer.
    public var maximumProbeInterval: Duration
    /// Probe timeouts in a row, without any answer, after which the transfer fails with ``TransferError/noAnswer``.
    public var maximumSilentProbes: Int
    /// The longest time that a server may put us off with 5.03 and Max-Age; longer ones are shortened to this.
    public var maximumRetryDelay: Duration
    /// Answers of class 5 in a row after which the transfer fails.
    public var maximumServerErrors: Int
    /// Answers in a row that bring no new block (they contradict the request, or repeat) before the transfer fails.
    public var maximumUselessAnswers: Int
    /// Requests without a new block in between before the transfer fails.
    public var maximumFruitlessRequests: Int
    /// Payload bytes of answers, useful or not, that one transfer may cost, as a multiple of the image's size, plus 64
    /// KiB.
    public var maximumBytesFactor: Int
    /// Restarts because the representation changed before the transfer fails with ``TransferError/unstable``.
    public var maximumRestarts: Int

    /// See the properties.
    public init(
        maximumBlocks: UInt32 = 4096,
        preferredSZX: UInt8 = 6,
        minimumSZX: UInt8 = 2,
        maximumInFlight: Int = 128,
        expectedRoundTrip: Duration? = nil,
        maximumProbeInterval: Duration = .seconds(60),
        maximumSilentProbes: Int = 32,
        maximumRetryDelay: Duration = .seconds(3600),
        maximumServerErrors: Int = 16,
        maximumUselessAnswers: Int = 32,
        maximumFruitlessRequests: Int = 2048,
        maximumBytesFactor: Int = 8,
        maximumRestarts: Int = 8
    ) {
        self.maximumBlocks = maximumBlocks
        self.preferredSZX = preferredSZX
        self.minimumSZX = minimumSZX
        self.maximumInFlight = maximumInFlight
        self.expectedRoundTrip = expectedRoundTrip
        self.maximumProbeInterval = maximumProbeInterval
        self.maximumSilentProbes = maximumSilentProbes
        self.maximumRetryDelay = maximumRetryDelay
        self.maximumServerErrors = maximumServerErrors
        self.maximumUselessAnswers = maximumUselessAnswers
        self.maximumFruitlessRequests = maximumFruitlessRequests
        self.maximumBytesFactor = maximumBytesFactor
        self.maximumRestarts = maximumRestarts
    }
}
