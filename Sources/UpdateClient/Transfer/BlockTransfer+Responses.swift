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
            faults &+= 1
            return .ignored
        }
        guard attempt.state != .answered else {
            duplicates &+= 1
            return .duplicate
        }
        noteAnswer(to: attempt, now: now)
        if phase == .holding { return .duplicate }
        switch response.code {
        case .content:
            serverErrors = 0
            return content(response, for: attempt, now: now)
        case .valid where phase == .first:
            return .notModified(response.etag)
        case .serviceUnavailable, .tooManyRequests:
            return putOff(response, attempt, now: now)
        case .notFound
        where phase != .first && (attempt.state != .outstanding || serverErrors < Self.maximumAbsences):
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
        payloadBytes += UInt64(max(0, response.payloadByteCount)) + 16
        // Before block 0 nothing is known to be worth more than a few blocks.
        let size = UInt64(identity.map { $0.sizeBytes ?? blocks.capacity << (UInt32($0.szx) + 4) } ?? 0)
        return payloadBytes <= UInt64(max(1, configuration.maximumBytesFactor)) * size + 65_536
    }

    private mutating func noteAnswer(to attempt: Attempt, now: Microseconds) {
        let wasLost = attempt.state == .lost
        let wasAwaited = attempt.state == .outstanding
        attempts.finish(attempt.sequence, as: .answered)
        lastAnswerAt = now
        silentProbes = 0
        reportedProbes = 0
        probesDue = 0
        stallRequests = 0
        isChannelAnswered = true
        isDeathReported = false
        let sample = max(1, now - attempt.sentAt)
        roundTrip.add(sample, expected: expectedRoundTrip)
        if wasLost {
            congestion.lossWasSpurious(attempt)
            if attempt.sequence < largestAnswered {
                // Reordering: be as patient as would have been needed.
                let needed = largestAnswered - attempt.sequence + 1
                reorderThreshold = min(max(reorderThreshold, needed), UInt32(configuration.maximumInFlight))
            }
        }
        guard phase == .transferring else {
            congestion.noteRoundTrip(sample)
            return
        }
        guard attempt.state != .abandoned else { return }
        largestAnswered = max(largestAnswered, attempt.sequence)
        if wasAwaited {
            congestion.answered(attempt, nextSequence: attempts.next, roundTrip: sample, now: now)
        }
        while let first = attempts.firstOutstanding, first.sequence + reorderThreshold <= largestAnswered {
            lose(first)
        }
        loseOverdue(now: now)
    }

    // MARK: Refusals

    /// Answers of 4.04 in a row in the middle of a transfer that are waited out, a minute in all.
    private static var maximumAbsences: Int { 5 }

    /// 5.xx and 4.29: Max-Age says how long to wait (RFC 7252 § 5.9.3.4, RFC 8516); without it, and for other codes, a
    /// time that doubles.
    private mutating func putOff(_ response: BlockResponse, _ attempt: Attempt, now: Microseconds) -> BlockDisposition {
        // One refusal answers all that were in flight.
        guard attempt.state == .outstanding else { return .ignored }
        serverErrors += 1
        guard serverErrors <= configuration.maximumServerErrors else { return fail(.serverError(response.code)) }
        let isTold = response.code == .serviceUnavailable || response.code == .tooManyRequests
        let delay: Microseconds
        if isTold, let told = response.maxAge {
            delay = told.clampedMicroseconds
        } else {
            delay = 1_000_000 << Microseconds(min(serverErrors, 6))
        }
        let limit = configuration.maximumRetryDelay.clampedMicroseconds
        let pause = random.jittered(min(max(delay, 100_000), limit))
        pausedUntil = now + pause
        isPaused = true
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
            guard phase != .verifying || attempt.block == 0 else { return .ignored }
            return fail(.rejected(code))
        }
        return .ignored
    }

    /// Something happened after which the server may have another representation. Without an ETag that would not be
    /// seen.
    mutating func doubtRepresentation() {
        guard phase == .transferring, identity?.etag == nil else { return }
        phase = .verifying
        isDoubtful = true
    }

    /// Falls back to the next simpler order of requests, and has block 0 verified first.
    ///
    /// - Returns: false if there is none.
    mutating func simplify() -> Bool {
        switch order {
        case .any: order = .sequential
        case .sequential: order = .everyBlock
        case .everyBlock: return false
        }
        cursor = 1
        attempts.forgetAll()
        blocks.clearAllRequested()
        probesDue = 0
        doubtRepresentation()
        phase = .verifying
        return true
    }

    mutating func fault(_ fault: AnswerFault, _ attempt: Attempt) -> BlockDisposition {
        faults &+= 1
        lastFault = fault
        releaseBlock(of: attempt)
        return countUseless() ?? .ignored
    }

    /// An answer that brought nothing.
    mutating func countUseless() -> BlockDisposition? {
        uselessAnswers += 1
        return uselessAnswers > configuration.maximumUselessAnswers ? fail(.garbage(lastFault)) : nil
    }
}
