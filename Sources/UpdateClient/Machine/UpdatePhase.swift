import CoAP

/// What the machine is about, as long as there is a channel; without one it is connecting.
enum UpdatePhase: Equatable {
    case idle
    /// Block 0 is asked for, with the ETags of what is held; nil: without, as the server's answer to them was no use.
    case checking(held: HeldETags?)
    /// The product is unknown to the server; its list of products is asked for.
    case listing(ProductListing)
    case downloading
    /// Every block is in flash: so many bytes.
    case verifying(sizeBytes: UInt32)
    case finished(UpdateOutcome, UpdateState)
}

/// The exchange that fetches the list of products, block after block.
struct ProductListing: Equatable {
    var blockNumber: UInt32 = 0
    var szx: UInt8
    /// The token of the request under way.
    var token: Token = .empty
    /// When the next request is due.
    var deadline: Duration
    /// Time between one request and the next; doubles.
    var interval: Duration
    /// Requests left.
    var requestsLeft: Int
    /// Whether a request waits to be sent.
    var isDue = true
}
