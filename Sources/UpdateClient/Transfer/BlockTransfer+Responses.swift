import CoAP

extension BlockTransfer {
    /// Takes an answer and says what to do with its payload.
    public mutating func receive(_ response: BlockResponse, now: Duration) -> BlockDisposition {
        switch phase {
        case .failed(let error): return .failed(error)
        case .idle, .changed, .complete: return .ignored
        case .first, .holding, .transferring, .verifying: break
        }
        let now = now.clampedMicroseconds
        guard account(for: response) else { return fail(.tooManyBytes) }
        guard let sequence = tokens.sequence(of: response.token), let attempt = attempts.find(sequence) else {
            // Late beyond memory, of another transfer, or nobody's.
            download.tally.fault()
            return .ignored
        }
        guard attempt.state != .answered else {
            download.tally.duplicate()
            return .duplicate
        }
        noteAnswer(to: attempt, now: now)
        if phase == .holding { return .duplicate }
        switch response.code {
        case .content:
            download.budget.content()
            return content(response, for: attempt, now: now)
        case .valid where phase == .first:
            return .notModified(response.etag)
        case .serviceUnavailable, .tooManyRequests:
            return putOff(response, attempt, now: now)
        case .notFound
        where phase != .first && (attempt.state != .outstanding || download.budget.serverErrors < Self.maximumAbsences):
            // It was there: it is being published anew, or its folder is away for a moment.
            return putOff(response, attempt, now: now)
        case let code where code.isServerError:
            return putOff(response, attempt, now: now)
        case let code where code.isClientError:
            return refused(code, attempt, now: now)
        default:
            return fault(.unexpectedCode(response.code), attempt)
        }
    }

    /// - Returns: whether this answer is within the bytes that the transfer may cost.
    private mutating func account(for response: BlockResponse) -> Bool {
        // Without a size, all that the bitmaps have room for.
        let size = identity.map { $0.sizeBytes ?? blocks.capacity << (UInt32($0.szx) + 4) } ?? 0
        return download.budget.take(
            payloadByteCount: response.payloadByteCount,
            imageBytes: UInt64(size),
            factor: configuration.maximumBytesFactor
        )
    }

    private mutating func noteAnswer(to attempt: Attempt, now: Microseconds) {
        let wasLost = attempt.state == .lost
        let wasAwaited = attempt.state == .outstanding
        attempts.finish(attempt.sequence, as: .answered)
        download.answered(now: now)
        channel = .answering
        let sample = max(1, now - attempt.sentAt)
        roundTrip.add(sample, expected: expectedRoundTrip)
        if wasLost {
            congestion.lossWasSpurious(attempt)
            losses.answeredLate(attempt.sequence, most: UInt32(configuration.maximumInFlight))
        }
        guard phase == .transferring else {
            congestion.noteRoundTrip(sample)
            return
        }
        guard attempt.state != .abandoned else { return }
        losses.answered(attempt.sequence)
        if wasAwaited {
            congestion.answered(attempt, nextSequence: attempts.next, roundTrip: sample, now: now)
        }
        while let first = attempts.firstOutstanding, losses.isLost(first.sequence) { lose(first) }
        loseOverdue(now: now)
    }

    // MARK: Refusals

    /// Answers of 4.04 in a row in the middle of a transfer that are waited out, a minute in all.
    private static var maximumAbsences: Int { 5 }

    /// Microseconds, before the first doubling: as slow as RFC 7252 § 4.2 repeats a confirmable message, 2 s first.
    private static var retryDelay: Microseconds { 1_000_000 }
    /// A minute is the Max-Age that a response without the option has (RFC 7252 § 5.10.5).
    private static var maximumRetryDoublings: Int { 6 }
    /// Microseconds; a Max-Age of 0 must not make the client ask as fast as the server answers.
    private static var leastRetryDelay: Microseconds { 100_000 }

    /// 5.xx and 4.29: Max-Age says how long to wait (RFC 7252 § 5.9.3.4, RFC 8516); without it, and for other codes, a
    /// time that doubles.
    private mutating func putOff(_ response: BlockResponse, _ attempt: Attempt, now: Microseconds) -> BlockDisposition {
        // One refusal answers all that were in flight.
        guard attempt.state == .outstanding else { return .ignored }
        guard download.budget.serverError(most: configuration.maximumServerErrors) else {
            return fail(.serverError(response.code))
        }
        let isTold = response.code == .serviceUnavailable || response.code == .tooManyRequests
        let delay: Microseconds
        if isTold, let told = response.maxAge {
            delay = told.clampedMicroseconds
        } else {
            delay = Self.retryDelay << Microseconds(min(download.budget.serverErrors, Self.maximumRetryDoublings))
        }
        let limit = configuration.maximumRetryDelay.clampedMicroseconds
        let pause = random.jittered(min(max(delay, Self.leastRetryDelay), limit))
        download.hold = .pause(until: now + pause)
        attempts.abandonOutstanding()
        blocks.clearAllRequested()
        doubtRepresentation()
        return .ignored
    }

    private mutating func refused(_ code: Code, _ attempt: Attempt, now: Microseconds) -> BlockDisposition {
        // Servers without random access, or whose state of this transfer is gone, answer a later block with one of
        // these.
        let isAboutOrder = code == .requestEntityIncomplete || code == .badRequest || code == .badOption
        guard isAboutOrder, attempt.block > 0, phase == .transferring, simplify() else {
            if case .verifying = phase, attempt.block > 0 { return .ignored }
            return fail(.rejected(code))
        }
        return .ignored
    }

    /// Something happened after which the server may have another representation. Without an ETag that would not be
    /// seen.
    mutating func doubtRepresentation() {
        guard phase == .transferring, identity?.etag == nil else { return }
        phase = .verifying(isDoubtful: true)
    }

    /// Falls back to the next simpler order of requests, and has block 0 verified first.
    ///
    /// - Returns: false if there is none.
    mutating func simplify() -> Bool {
        guard let simpler = download.order.simpler else { return false }
        download.order = simpler
        attempts.forgetAll()
        blocks.clearAllRequested()
        download.probes.cancel()
        phase = .verifying(isDoubtful: identity?.etag == nil)
        return true
    }

    mutating func fault(_ fault: AnswerFault, _ attempt: Attempt) -> BlockDisposition {
        download.tally.fault()
        releaseBlock(of: attempt)
        guard let error = download.budget.useless(fault, most: configuration.maximumUselessAnswers) else {
            return .ignored
        }
        return fail(error)
    }
}
