import Credentials
import Endpoint
import NIOCore

/// What the service tells the handlers of all its sockets.
enum EndpointCommand: Sendable {
    case revoke(Set<PSKIdentity>)
    case shutDown
}

/// Joins an endpoint to a UDP socket, to the resources and to the event loop's clock.
final class EndpointChannelHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let endpoint: ServerEndpoint
    private let resources: ResourceReader
    private let log: EndpointLog
    private let statistics: EndpointStatistics
    private let index: Int
    private let writer = DatagramWriter()
    private var timer: (task: Scheduled<Void>, due: Duration)?
    private var buffers = Buffers(
        message: [UInt8](repeating: 0, count: ServerEndpoint.maximumDatagramBytes),
        answer: [UInt8](repeating: 0, count: FirmwareResources.fullBlockBufferBytes)
    )

    private struct Buffers {
        var message: [UInt8]
        var answer: [UInt8]
    }

    /// - Parameters:
    ///   - endpoint: what the datagrams are for.
    ///   - resources: answers the requests.
    ///   - log: takes note of the events.
    ///   - statistics: where the endpoint's counters are shown.
    ///   - index: the endpoint's place there.
    init(
        _ endpoint: ServerEndpoint,
        resources: ResourceReader,
        log: EndpointLog,
        statistics: EndpointStatistics,
        index: Int
    ) {
        self.endpoint = endpoint
        self.resources = resources
        self.log = log
        self.statistics = statistics
        self.index = index
    }

    func channelActive(context: ChannelHandlerContext) {
        advance(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let peer = PeerAddress(envelope.remoteAddress) else { return }
        // Taken out, so that nothing else can look at them meanwhile.
        var buffers = Buffers(message: [], answer: [])
        swap(&buffers, &self.buffers)
        defer { swap(&buffers, &self.buffers) }
        serve(envelope.data.readableBytesSpan, from: peer, &buffers.message, &buffers.answer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event as? EndpointCommand {
        case .revoke(let identities):
            endpoint.revoke(identities)
        case .shutDown:
            endpoint.shutDown()
        case nil:
            context.fireUserInboundEventTriggered(event)
        }
        settle(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    /// An error of one datagram is no reason to close the socket that serves everybody.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        statistics.noteSocketError(error)
    }

    /// Gives a datagram to the endpoint, and answers to the requests in it.
    private func serve(
        _ datagram: RawSpan,
        from peer: PeerAddress,
        _ messageBuffer: inout [UInt8],
        _ answerBuffer: inout [UInt8]
    ) {
        let now = NIODeadline.now().sinceStart
        var span = messageBuffer.mutableSpan
        var message = span.mutableBytes
        var request = endpoint.receive(datagram, from: peer, now: now, message: &message)
        while let current = request {
            let room = min(FirmwareResources.fullBlockBufferBytes, current.maximumAnswerBytes)
            if answerBuffer.count != room {
                // Only where the sessions' datagrams are small and their suites differ.
                answerBuffer = [UInt8](repeating: 0, count: room)
            }
            var answerSpan = answerBuffer.mutableSpan
            let written = resources.respond(
                to: message.bytes.extracting(0..<current.byteCount),
                from: current.peer,
                into: answerSpan.mutableBytes
            )
            if let written, written <= room { endpoint.answer(answerBuffer.span.bytes.extracting(0..<written)) }
            request = endpoint.nextRequest(now: now, message: &message)
        }
    }

    private func advance(_ context: ChannelHandlerContext) {
        endpoint.advance(now: NIODeadline.now().sinceStart)
        settle(context)
    }

    private func settle(_ context: ChannelHandlerContext) {
        endpoint.outgoing.withEach { writer.append($1, to: $0) }
        endpoint.outgoing.removeAll()
        writer.flush(context)
        if !endpoint.events.isEmpty {
            for (peer, event) in endpoint.takeEvents() { log.note(peer, event) }
        }
        statistics.update(index, endpoint.counters, sessions: endpoint.sessionCount)
        schedule(context)
    }

    /// One timer for all: moved only when something is due earlier than it.
    private func schedule(_ context: ChannelHandlerContext) {
        guard let due = endpoint.nextWakeup else { return }
        if let timer, timer.due <= due { return }
        timer?.task.cancel()
        let nanoseconds = max(0, due.nanosecondsClamped)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let task = context.eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(nanoseconds))) {
            let (handler, context) = bound.value
            handler.timer = nil
            handler.advance(context)
        }
        timer = (task, due)
    }
}

extension Duration {
    var nanosecondsClamped: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ attoseconds / 1_000_000_000
    }
}
