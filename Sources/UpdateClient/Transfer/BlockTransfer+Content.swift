import CoAP
import Flash

extension BlockTransfer {
    /// A 2.05 answer to one of our requests.
    mutating func content(_ response: BlockResponse, for attempt: Attempt, now: Microseconds) -> BlockDisposition {
        guard let block = Self.block(of: response, for: attempt) else { return fault(.missingBlockOption, attempt) }
        guard block.szx <= attempt.szx else { return fault(.largerBlocks, attempt) }
        guard block.byteOffset == attempt.block << (UInt32(attempt.szx) + 4) else {
            // A server that goes its own way: from now on one request at a time.
            let disposition = fault(.wrongBlock, attempt)
            if phase == .transferring, download.order == .any { _ = simplify() }
            return disposition
        }
        let payload = response.payloadByteCount
        guard payload >= 0, block.more ? payload == block.sizeBytes : payload <= block.sizeBytes else {
            return fault(.payloadLength, attempt)
        }
        guard let known = identity else {
            if attempt.szx < requestSZX {
                guard isCarriedAlone(attempt, now: now) else { return .duplicate }
                requestSZX = attempt.szx
            }
            return firstBlock(response, block, attempt, now: now)
        }

        if let etag = response.etag {
            guard etag == known.etag else { return representationChanged() }
        } else if known.etag != nil {
            return fault(.missingETag, attempt)
        }
        if let size = response.sizeBytes, let knownSize = known.sizeBytes, size != knownSize {
            // Without an ETag this is the only way to see that the representation is another one.
            return known.etag == nil ? representationChanged() : fault(.wrongSize, attempt)
        }
        if phase == .verifying(isDoubtful: true) { return representationChanged() }
        if let fault = endFault(block, payload: payload) { return self.fault(fault, attempt) }
        if attempt.szx < known.szx {
            guard isCarriedAlone(attempt, now: now), refine(to: attempt.szx) else { return .duplicate }
            requestSZX = attempt.szx
            congestion.begin(nextSequence: attempts.next, now: now)
        } else if attempt.szx == known.szx {
            search.reset()
        }
        if let szx = identity?.szx, block.szx < szx, !refine(to: block.szx) {
            return fail(.tooLarge(sizeBytes: known.sizeBytes))
        }
        guard block.szx == identity?.szx else {
            // Asked for before the block size changed; the smaller blocks are asked for by themselves.
            return .duplicate
        }
        return take(block, payload: payload, now: now)
    }

    /// A server may leave the option out if the whole representation fits.
    private static func block(of response: BlockResponse, for attempt: Attempt) -> BlockOption? {
        if let block = response.block { return block }
        guard attempt.block == 0 else { return nil }
        return try? BlockOption(number: 0, more: false, szx: attempt.szx)
    }

    private mutating func firstBlock(
        _ response: BlockResponse,
        _ block: BlockOption,
        _ attempt: Attempt,
        now: Microseconds
    ) -> BlockDisposition {
        let payload = response.payloadByteCount
        var size = response.sizeBytes
        if !block.more {
            guard payload > 0 else { return fail(.empty) }
            // Also when Size2 says otherwise: the end of the body is what counts, but both must agree.
            if let size, size != UInt32(payload) { return fault(.wrongEnd, attempt) }
            size = UInt32(payload)
        } else if let size, size <= UInt32(payload) {
            return fault(.wrongEnd, attempt)
        }
        if let size {
            guard let count = Self.blockCount(sizeBytes: size, szx: block.szx), count <= blocks.capacity else {
                return fail(.tooLarge(sizeBytes: size))
            }
            blocks.reset(count: count, exponent: UInt32(block.szx) + 4)
        } else {
            blocks.reset(count: blocks.capacity, exponent: UInt32(block.szx) + 4)
        }
        search.reset()
        // Without an ETag or a size there is nothing to hold blocks from anywhere together: in order, one at a time.
        download.order = response.etag == nil || size == nil ? .sequential : .any
        download.identity = TransferIdentity(etag: response.etag, sizeBytes: size, szx: block.szx)
        _ = blocks.markReceived(0)
        phase = .holding
        attempts.abandonOutstanding()
        download.budget.progressed()
        return .store(byteOffset: 0, blockNumber: 0)
    }

    /// A witness is answered: whether the path is now taken to carry its size and not the one in use. If not yet,
    /// another one goes out at once, behind a request of the size in use.
    private mutating func isCarriedAlone(_ witness: Attempt, now: Microseconds) -> Bool {
        // A full queue has room for small datagrams only: behind a long one this is a sign of others, not of size.
        let isDelayed = expectedRoundTrip.map { now - witness.sentAt > 2 * $0 + Self.longestSignDelay } ?? false
        let inUse = identity?.szx ?? requestSZX
        guard witness.state != .abandoned else { return false }
        let isSign = download.wholeRequests > 0 && !isDelayed
        download.wholeRequests = 0
        guard isSign, search.witnessAnswered() else {
            if !attempts.isOutstanding(szx: inUse, after: witness) { download.probes.allowOne() }
            return false
        }
        search.reset()
        return true
    }

    /// Beyond twice the round trip without a queue, a witness has waited in one: half a second.
    private static var longestSignDelay: Microseconds { 500_000 }

    private func endFault(_ block: BlockOption, payload: Int) -> AnswerFault? {
        guard let size = identity?.sizeBytes else {
            return payload == 0 ? .payloadLength : nil
        }
        let end = UInt64(block.byteOffset) + UInt64(payload)
        return block.more ? (end < UInt64(size) ? nil : .wrongEnd) : (end == UInt64(size) ? nil : .wrongEnd)
    }

    /// Goes over to smaller blocks.
    private mutating func refine(to szx: UInt8) -> Bool {
        guard let known = identity, szx < known.szx else { return false }
        let shift = UInt32(known.szx - szx)
        let count: UInt32
        if let size = known.sizeBytes {
            guard let exact = Self.blockCount(sizeBytes: size, szx: szx) else { return false }
            count = exact
        } else {
            count = blocks.capacity
        }
        guard blocks.refine(shift: shift, newCount: count) else { return false }
        download.order.refine(shift: shift)
        download.tally.refine(shift: shift)
        download.identity?.szx = szx
        attempts.abandonOutstanding()
        return true
    }

    private mutating func take(_ block: BlockOption, payload: Int, now: Microseconds) -> BlockDisposition {
        if download.order.arrived(block.number) { download.budget.stepped() }
        if case .verifying = phase {
            phase = .transferring
            losses.begin(next: attempts.next)
            attempts.forgetAll()
            blocks.clearAllRequested()
            congestion.begin(nextSequence: attempts.next, now: now)
        }
        if !block.more, identity?.sizeBytes == nil {
            guard blocks.shorten(to: block.number + 1) else { return fail(.garbage(.wrongEnd)) }
            download.identity?.sizeBytes = block.byteOffset + UInt32(payload)
        }
        if identity?.sizeBytes == nil, block.number + 1 >= blocks.capacity { return fail(.tooLarge(sizeBytes: nil)) }
        guard blocks.markReceived(block.number) else {
            download.tally.duplicate()
            return .duplicate
        }
        download.budget.progressed()
        if blocks.isComplete {
            phase = .complete
            attempts.forgetAll()
        }
        return .store(byteOffset: block.byteOffset, blockNumber: block.number)
    }

    private mutating func representationChanged() -> BlockDisposition {
        phase = .changed
        attempts.forgetAll()
        return .changed
    }
}
