/// What a server may cost before the transfer is given up: its answers may be refusals, contradict their requests,
/// bring nothing or never end. What comes in between does not matter as long as blocks arrive.
struct AnswerBudget {
    /// Counted for each answer beside its payload, so that empty ones cost something too: header, token, options.
    private static var overheadBytes: UInt64 { 16 }
    /// Bytes that any transfer may cost: before block 0 nothing is known to be worth more than a few blocks.
    private static var leastBytes: UInt64 { 65_536 }

    private var bytes: UInt64 = 0
    private var uselessAnswers = 0
    private var lastFault: AnswerFault?
    private var fruitlessRequests = 0
    /// Refusals of class 5, and those taken for such, in a row.
    private(set) var serverErrors = 0

    /// An answer came.
    ///
    /// - Parameters:
    ///   - payloadByteCount: of the answer.
    ///   - imageBytes: size of the image; 0: not known.
    ///   - factor: how many times that a transfer may cost.
    /// - Returns: whether it may cost this answer as well.
    mutating func take(payloadByteCount: Int, imageBytes: UInt64, factor: Int) -> Bool {
        bytes += UInt64(max(0, payloadByteCount)) + Self.overheadBytes
        return bytes <= UInt64(max(1, factor)) * imageBytes + Self.leastBytes
    }

    /// A request goes out.
    ///
    /// - Returns: whether it may: no more than `most` without a new block.
    mutating func request(most: Int) -> Bool {
        fruitlessRequests += 1
        return fruitlessRequests <= most
    }

    /// An answer contradicted its request.
    ///
    /// - Returns: why the transfer is over; nil: there were no more than `most` in a row.
    mutating func useless(_ fault: AnswerFault, most: Int) -> TransferError? {
        lastFault = fault
        uselessAnswers += 1
        return uselessAnswers > most ? .garbage(lastFault) : nil
    }

    /// - Returns: whether the server may be asked again: no more than `most` errors in a row.
    mutating func serverError(most: Int) -> Bool {
        serverErrors += 1
        return serverErrors <= most
    }

    /// The server answered with content.
    mutating func content() { serverErrors = 0 }

    /// The server goes through all blocks; one that was there came again.
    mutating func stepped() { fruitlessRequests = 0 }

    /// A new block came.
    mutating func progressed() {
        uselessAnswers = 0
        fruitlessRequests = 0
    }
}
