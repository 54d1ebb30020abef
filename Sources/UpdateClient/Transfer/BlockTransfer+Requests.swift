import CoAP

extension BlockTransfer {
    /// The next request to send, or nil: nothing to send now.
    public mutating func nextRequest(now: Duration) -> BlockRequest? {
        let now = now.clampedMicroseconds
        if case .pause(let until) = download.hold, now < until { return nil }
        download.hold = .none
        switch phase {
        case .first, .verifying:
            guard attempts.outstanding == 0 || download.probes.due > 0 else { return witness(now: now) }
            download.probes.use()
            return request(block: 0, isHedge: false, now: now)
        case .transferring:
            guard download.order == .any else { return nextSequentialRequest(now: now) }
            return nextParallelRequest(now: now) ?? witness(now: now)
        case .idle, .holding, .changed, .complete, .failed:
            return nil
        }
    }

    private mutating func nextParallelRequest(now: Microseconds) -> BlockRequest? {
        guard !attempts.isFull else { return nil }
        let isProbe = download.probes.due > 0
        guard isProbe || congestion.hasRoom(inFlight: attempts.outstanding - download.stall.requests) else {
            return nil
        }
        let needed = blocks.nextNeeded()
        let hedge = needed == nil ? hedgeCandidate(isProbe: isProbe) : nil
        guard let block = needed ?? hedge?.block else {
            download.probes.cancel()
            return nil
        }
        if isProbe {
            download.probes.use()
        } else {
            let sendTime = congestion.sendTime(now: now)
            guard sendTime <= now else {
                download.hold = .pacing(until: sendTime)
                return nil
            }
        }
        if needed == nil, let hedge {
            attempts.markHedged(hedge.sequence)
            download.hedges.send()
        }
        return request(block: block, isHedge: needed == nil, now: now)
    }

    private mutating func nextSequentialRequest(now: Microseconds) -> BlockRequest? {
        guard attempts.outstanding == 0 || download.probes.due > 0, !attempts.isFull else { return nil }
        download.probes.use()
        guard let missing = blocks.firstMissing() else { return nil }
        return request(block: download.order.next(missing: missing), isHedge: false, now: now)
    }

    /// The end of a transfer is all latency: when every missing block is asked for, the room in the window goes to
    /// second requests for those that have waited longest, as far as the loss measured makes them worth while.
    private func hedgeCandidate(isProbe: Bool) -> Attempt? {
        let isAffordable = download.hedges.isAffordable(
            blocks: blocks.count,
            missing: blocks.count - blocks.receivedCount,
            lossPer256: congestion.lossPer256
        )
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
        download.tally.requestedWitness()
        return BlockRequest(blockNumber: block, szx: szx, token: tokens.token(of: sequence))
    }

    private mutating func request(block: UInt32, isHedge: Bool, now: Microseconds) -> BlockRequest? {
        guard !attempts.isFull else { return nil }
        guard download.budget.request(most: configuration.maximumFruitlessRequests) else {
            _ = fail(.tooManyRequests)
            return nil
        }
        let szx = identity?.szx ?? requestSZX
        let sequence = attempts.append(block: block, szx: szx, now: now, isHedge: isHedge)
        blocks.markRequested(block)
        congestion.sent(now: now)
        download.tally.requested(block, isHedge: isHedge)
        download.wholeRequests += 1
        return BlockRequest(blockNumber: block, szx: szx, token: tokens.token(of: sequence))
    }
}
