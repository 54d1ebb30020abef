import Bootloader
import CoAP
import Flash

extension UpdateMachine where Flash: ~Copyable {
    /// Reads a datagram and does what RFC 7252 § 4.2 and § 4.3 want of its receiver.
    mutating func handle(_ datagram: RawSpan, flash: inout Flash, now: Duration) {
        do throws(MessageError) {
            let message = try MessageView(datagram)
            switch message.role {
            case .response:
                respond(to: message, flash: &flash, now: now)
            case .request:
                // There is nothing here to be asked for.
                reject(Rejection(of: message.type, messageID: message.messageID))
            case .ping:
                reject(.resetRequired(messageID: message.messageID))
            case .unacceptable(let rejection):
                reject(rejection)
            case .emptyAcknowledgement, .reset:
                // Requests go out as NON: nothing of ours can be acknowledged, and a reset one is lost.
                account.ignoredDatagram()
            }
        } catch {
            reject(error.rejection)
        }
    }

    private mutating func reject(_ rejection: Rejection) {
        account.ignoredDatagram()
        if let reset = rejection.requiredReset { outbox.owe(reset) }
    }

    private mutating func respond(to message: borrowing MessageView, flash: inout Flash, now: Duration) {
        let options = ResponseOptions(message)
        // RFC 7252 § 5.4.1: a response with a critical option that is not understood is rejected.
        guard options.problem == nil else {
            reject(Rejection(of: message.type, messageID: message.messageID))
            return
        }
        let isTaken: Bool
        switch phase {
        case .checking, .downloading:
            isTaken = takeBlock(message, options, flash: &flash, now: now)
        case .idle, .verifying, .finished:
            isTaken = false
        }
        if isTaken { keeper.answered() }
        guard message.type == .confirmable else { return }
        // § 5.2.2: a separate response is acknowledged; § 4.2: one that cannot be matched is reset.
        outbox.owe(isTaken ? .acknowledgement(messageID: message.messageID) : .reset(messageID: message.messageID))
    }

    /// - Returns: whether the response answers a request of ours.
    private mutating func takeBlock(
        _ message: borrowing MessageView,
        _ options: ResponseOptions,
        flash: inout Flash,
        now: Duration
    ) -> Bool {
        let payload = message.payload
        if message.code.isClientError || message.code.isServerError { noteDiagnostic(payload) }
        let response = BlockResponse(
            token: message.token,
            code: message.code,
            block: options.block2,
            etag: options.etag,
            sizeBytes: options.size2,
            payloadByteCount: payload.byteCount,
            maxAge: options.maxAge
        )
        switch engine.receive(response, now: now) {
        case .store(let byteOffset, _):
            // Without the option the payload is the whole representation (RFC 7959 § 2.4).
            let isLast = !(options.block2?.more ?? false)
            arrived(payload, at: byteOffset, isLast: isLast, flash: &flash, now: now)
        case .duplicate:
            break
        case .ignored:
            account.ignoredDatagram()
            // A server that puts us off answers us all the same.
            return message.code.isServerError || message.code.isClientError
        case .notModified(let etag):
            notModified(etag, flash: &flash, now: now)
        case .changed:
            restart(.otherImage, flash: &flash, now: now)
        case .failed(let error):
            transferFailed(error, now: now)
        }
        return true
    }

    /// Moves a waiting acknowledgement or reset into `outgoing`.
    mutating func takeReply() -> Bool {
        guard keeper.isUp, outbox.writeReply() else { return false }
        account.sent(byteCount: outbox.byteCount)
        return true
    }

    /// Moves the next request into `outgoing`.
    mutating func takeRequest(now: Duration) -> Bool {
        switch phase {
        case .checking(let held):
            return takeBlockRequest(held: held, now: now)
        case .downloading:
            return takeBlockRequest(held: nil, now: now)
        case .idle, .verifying, .finished:
            return false
        }
    }

    private mutating func takeBlockRequest(held: HeldETags?, now: Duration) -> Bool {
        guard let request = engine.nextRequest(now: now) else {
            if let error = engine.failure { transferFailed(error, now: now) }
            return false
        }
        do throws(MessageError) {
            try outbox.writeRequest(productID: configuration.productID, request, etags: held)
        } catch {
            return false
        }
        guard outbox.byteCount > 0 else { return false }
        account.requested(byteCount: outbox.byteCount, now: now)
        return true
    }

    private func earliest(_ first: Duration?, _ second: Duration?) -> Duration? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }

    /// When to be called next while there is a channel.
    func waiting(now: Duration) -> UpdateAction {
        switch phase {
        case .finished(let outcome, _): .finished(outcome)
        case .checking, .downloading:
            .wait(until: earliest(engine.nextWakeup, keeper.deadline))
        case .verifying: .wait(until: now)
        case .idle: .wait(until: nil)
        }
    }
}
