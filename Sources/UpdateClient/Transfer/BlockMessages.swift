import CoAP

/// A GET with Block2 to send, as a NON message, with the token given.
public struct BlockRequest: Equatable, Sendable {
    /// NUM.
    public var blockNumber: UInt32
    /// SZX, 0…6.
    public var szx: UInt8
    /// Fresh for every attempt.
    public var token: Token

    /// See the properties.
    public init(blockNumber: UInt32, szx: UInt8, token: Token) {
        self.blockNumber = blockNumber
        self.szx = szx
        self.token = token
    }
}

/// What the engine needs to know of an answer. The payload itself stays with the caller.
public struct BlockResponse: Equatable, Sendable {
    /// Of the request that it answers.
    public var token: Token
    /// The response code.
    public var code: Code
    /// Block2; nil if there was none.
    public var block: BlockOption?
    /// Of the representation; nil if there was none.
    public var etag: ETag?
    /// Size2.
    public var sizeBytes: UInt32?
    /// Bytes of the payload.
    public var payloadByteCount: Int
    /// Max-Age; nil if there was none (RFC 7252 § 5.10.5: 60 s).
    public var maxAge: Duration?

    /// See the properties.
    public init(
        token: Token,
        code: Code,
        block: BlockOption? = nil,
        etag: ETag? = nil,
        sizeBytes: UInt32? = nil,
        payloadByteCount: Int = 0,
        maxAge: Duration? = nil
    ) {
        self.token = token
        self.code = code
        self.block = block
        self.etag = etag
        self.sizeBytes = sizeBytes
        self.payloadByteCount = payloadByteCount
        self.maxAge = maxAge
    }
}

/// What to do with an answer.
public enum BlockDisposition: Equatable, Sendable {
    /// The payload is new: it belongs at `byteOffset`. `blockNumber` counts in blocks of the identity's SZX at this
    /// moment, which can have become smaller with this very answer.
    case store(byteOffset: UInt32, blockNumber: UInt32)
    /// Correct, but already there.
    case duplicate
    /// Not an answer to anything asked, or one that contradicts its request; nothing to do.
    case ignored
    /// 2.03 to the first request: the server has what the ETag says.
    case notModified(ETag?)
    /// Another representation than before, or one of which that cannot be excluded: drop the progress and call `start`.
    case changed
    /// The transfer is over.
    case failed(TransferError)
}

/// What a timer brought.
public enum TimerOutcome: Equatable, Sendable {
    case none
    /// So many requests in a row are overdue that the path must be dead; or three probe timeouts in a row without any
    /// answer, and again after each three more: the caller should renew its channel and say so with `channelRenewed`.
    case unresponsive
    case failed(TransferError)
}

/// Which representation is being transferred, and how.
public struct TransferIdentity: Equatable, Sendable {
    /// nil: the server gives none. Such a transfer cannot be resumed.
    public var etag: ETag?
    /// Size2; nil: not known.
    public var sizeBytes: UInt32?
    /// The block size agreed on: 16 << szx bytes.
    public var szx: UInt8

    /// See the properties.
    public init(etag: ETag?, sizeBytes: UInt32?, szx: UInt8) {
        self.etag = etag
        self.sizeBytes = sizeBytes
        self.szx = szx
    }
}

/// How far a transfer is and what the path looks like.
public struct TransferProgress: Equatable, Sendable {
    /// nil: the size is not known yet.
    public var blocksTotal: UInt32?
    /// Blocks that are there.
    public var blocksReceived: UInt32
    /// Requests sent since `start`.
    public var requests: UInt32
    /// Those for a block that had been asked for before.
    public var retransmissions: UInt32
    /// Answers that carried nothing new.
    public var duplicates: UInt32
    /// Answers that contradicted their request or matched none.
    public var faults: UInt32
    /// nil: nothing measured yet.
    public var smoothedRoundTrip: Duration?
    /// The shortest round trip; nil: nothing measured yet.
    public var minimumRoundTrip: Duration?
    /// Requests that may be in flight.
    public var window: Int
    /// Requests that are in flight.
    public var inFlight: Int
    /// Share of the recent requests that brought no answer, in 1/256.
    public var lossPer256: Int
    /// Whether the server made the transfer fall back to one request at a time, in order.
    public var isSequential: Bool
}
