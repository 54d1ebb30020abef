import CoAP

/// Why a transfer ended without the image. All but ``noAnswer`` and ``serverError(_:)`` would end the same way if it
/// were tried again at once.
public enum TransferError: Error, Equatable, Sendable {
    /// The server refused the request: 4.xx.
    case rejected(Code)
    /// The server answered class 5 too many times in a row; the last code.
    case serverError(Code)
    /// The image has more blocks than ``TransferConfiguration/maximumBlocks``, or than a block number can say.
    case tooLarge(sizeBytes: UInt32?)
    /// The representation is empty.
    case empty
    /// Too many answers in a row that contradict their requests or bring nothing new; the last contradiction.
    case garbage(AnswerFault?)
    /// Too many requests without a new block.
    case tooManyRequests
    /// More answer bytes than this image may cost.
    case tooManyBytes
    /// The representation changed too often.
    case unstable
    /// The server does not answer any more.
    case noAnswer
}

/// How an answer contradicts its request or what is known of the representation (RFC 7959 § 2.2, § 2.4).
public enum AnswerFault: Equatable, Sendable {
    /// A code that is no answer to GET.
    case unexpectedCode(Code)
    /// No Block2 option in the answer to a request for a later block.
    case missingBlockOption
    /// Another block than the one asked for.
    case wrongBlock
    /// Larger blocks than asked for.
    case largerBlocks
    /// More blocks follow, but the payload is not exactly one block.
    case payloadLength
    /// M says the image ends here and Size2 that it does not, or the other way round.
    case wrongEnd
    /// Another size than before.
    case wrongSize
    /// No ETag where the answers before had one.
    case missingETag
}
