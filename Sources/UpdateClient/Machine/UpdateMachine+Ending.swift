import Bootloader
import CoAP
import Flash

extension UpdateMachine where Flash: ~Copyable {
    /// Ends the update.
    mutating func finish(_ outcome: UpdateOutcome) {
        enter(.finished(outcome, finalState(of: outcome)))
        keeper.close()
    }

    private func finalState(of outcome: UpdateOutcome) -> UpdateState {
        switch outcome {
        case .committed: return .committed
        case .withdrawn: return .committed
        case .upToDate: return .confirmed
        case .interrupted(.trialUnconfirmed): return .trial
        case .refused(.rolledBack), .refusedEarlier(.rolledBack): return .rolledBack
        case .refused, .refusedEarlier, .notAuthorised, .unknownProduct, .rejected, .unreachable, .interrupted,
            .misconfigured:
            return .idle
        }
    }

    /// What follows from the state of the channel.
    mutating func judge(_ verdict: ChannelKeeper.Verdict) {
        switch verdict {
        case .goOn:
            break
        case .giveUp:
            if keeper.wasServerSeen || journal.isResumable {
                finish(.interrupted(.serverGone(keeper.lastReason)))
            } else {
                finish(.unreachable(keeper.lastReason))
            }
        case .notAuthorised:
            finish(.notAuthorised(.handshake))
        }
    }

    /// Whether the server had the product while this download ran, in this run or in one before.
    private var isMidUpdate: Bool {
        account.hasDownloaded || journal.isResumable && journal.current?.identity.productID == configuration.productID
    }

    /// What follows from the end of the transfer.
    mutating func transferFailed(_ error: TransferError, now: Duration) {
        switch error {
        case .rejected(.notFound):
            finish(isMidUpdate ? .interrupted(.productGone) : .unknownProduct)
        case .rejected(.forbidden):
            finish(.notAuthorised(.product(.forbidden)))
        case .rejected(.unauthorized):
            finish(.notAuthorised(.product(.unauthorized)))
        case .rejected(let code):
            finish(.rejected(code))
        case .tooLarge(let sizeBytes):
            let maximumBytes = configuration.map.maximumImageSizeBytes
            finish(.refused(.tooLarge(sizeBytes: sizeBytes, maximumBytes: maximumBytes)))
        case .empty:
            finish(.refused(.empty))
        case .unstable:
            finish(.interrupted(.unstableImage))
        case .noAnswer:
            finish(.interrupted(.serverGone(.timeout)))
        case .garbage where phase == .downloading(isJournalBelieved: true):
            doubtJournal(now: now)
        case .serverError, .garbage, .tooManyRequests, .tooManyBytes:
            finish(.interrupted(.transfer(error)))
        }
    }

    mutating func flashFailed(_ error: FlashError) {
        finish(.interrupted(.flash(error)))
    }
}
