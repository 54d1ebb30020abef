import CoAP

extension BlockTransfer {
    /// The next request to send, or nil: nothing to send now.
    public mutating func nextRequest(now: Duration) -> BlockRequest? {
        let now = now.clampedMicroseconds
        pacedUntil = nil
        guard !isPaused || now >= pausedUntil else { return nil }
        isPaused = false
        switch phase {
        case .first, .verifying:
            guard attempts.outstanding == 0 || probesDue > 0 else { return witness(now: now) }
            probesDue = max(0, probesDue - 1)
            return request(block: 0, isHedge: false, now: now)
        case .transferring:
            guard order == .any else { return nextSequentialRequest(now: now) }
            return nextParallelRequest(now: now) ?? witness(now: now)
        case .idle, .holding, .changed, .complete, .failed:
            return nil
        }
    }

    private mutating func nextParallelRequest(now: Microseconds) -> BlockRequest? {
        guard !attempts.isFull else { return nil }
        let hasRoom = congestion.hasRoom(inFlight: attempts.outstanding - stallRequests)
        guard hasRoom || probesDue > 0 else { return nil }
        let needed = blocks.nextNeeded()
        let hedge = needed == nil ? hedgeCandidate(isProbe: probesDue > 0) : nil
        guard let block = needed ?? hedge?.block else {
            probesDue = 0
            return nil
        }
        if probesDue > 0 {
            probesDue -= 1
        } else {
            let sendTime = congestion.sendTime(now: now)
            guard sendTime <= now else {
                pacedUntil = sendTime
                return nil
            }
        }
        if needed == nil, let hedge {
            attempts.markHedged(hedge.sequence)
            hedgesSent += 1
        }
        return request(block: block, isHedge: needed == nil, now: now)
    }

    private mutating func nextSequentialRequest(now: Microseconds) -> BlockRequest? {
        guard attempts.outstanding == 0 || probesDue > 0, !attempts.isFull else { return nil }
        probesDue = max(0, probesDue - 1)
        guard let missing = blocks.firstMissing() else { return nil }
        return request(block: order == .everyBlock ? min(cursor, missing) : missing, isHedge: false, now: now)
    }

    /// The end of a transfer is all latency: when every missing block is asked for, the room in the window goes to
    /// second requests for those that have waited longest, as far as the loss measured makes them worth while.
    private func hedgeCandidate(isProbe: Bool) -> Attempt? {
        let loss = congestion.lossPer256
        // 5 % of all requests that this loss makes necessary; half of it is kept for those that are lost once more.
        let budget = blocks.count * 13 / UInt32(max(256 - loss, 64))
        let missing = blocks.count - blocks.receivedCount
        let isAffordable = loss >= 10 && hedgesSent < budget && missing * 2 <= budget - hedgesSent
        guard isProbe || isAffordable, let first = attempts.firstOutstanding else { return nil }
        for sequence in first.sequence..<attempts.next {
            if let attempt = attempts.find(sequence), attempt.state == .outstanding, !attempt.isHedge,
                !blocks.isReceived(attempt.block)
            {
                return attempt
            }
        }
        return isProbe && first.szx == identity?.szx ? first : nil
    }

    /// A request for the beginning of the first block that is missing, see ``BlockSizeSearch``.
    private mutating func witness(now: Microseconds) -> BlockRequest? {
        let inUse = identity?.szx ?? requestSZX
        guard !attempts.isFull, let missing = phase == .transferring ? blocks.firstMissing() : 0,
            let szx = search.takeWitness(below: inUse, least: configuration.minimumSZX)
        else { return nil }
        let block = missing << UInt32(inUse - szx)
        // As a hedge, it is none of the blocks that are asked for.
        let sequence = attempts.append(block: block, szx: szx, now: now, isHedge: true)
        congestion.sent(now: now)
        requests &+= 1
        return BlockRequest(blockNumber: block, szx: szx, token: tokens.token(of: sequence))
    }

    private mutating func request(block: UInt32, isHedge: Bool, now: Microseconds) -> BlockRequest? {
        guard !attempts.isFull else { return nil }
        fruitlessRequests += 1
        let patience = configuration.maximumFruitlessRequests
        guard fruitlessRequests <= patience else {
            _ = fail(.tooManyRequests)
            return nil
        }
        let szx = identity?.szx ?? requestSZX
        let sequence = attempts.append(block: block, szx: szx, now: now, isHedge: isHedge)
        if isHedge || block < highestRequested { retransmissions &+= 1 }
        highestRequested = max(highestRequested, block + 1)
        blocks.markRequested(block)
        congestion.sent(now: now)
        requests &+= 1
        wholeRequests += 1
        return BlockRequest(blockNumber: block, szx: szx, token: tokens.token(of: sequence))
    }
}
