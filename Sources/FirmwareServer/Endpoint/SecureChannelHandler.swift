import Credentials
import NIOCore

/// What the service tells the handlers of all its sockets.
enum EndpointCommand: Sendable {
    case revoke(Set<PSKIdentity>)
    case shutDown
}

/// Joins a `SecureEndpoint` to a UDP socket and to the event loop's clock.
final class SecureChannelHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let endpoint: SecureEndpoint
    private let writer: DatagramWriter
    private let statistics: EndpointStatistics
    private let index: Int
    private var timer: (task: Scheduled<Void>, due: Duration)?

    /// - Parameters:
    ///   - endpoint: its transmitter appends to `writer`.
    ///   - writer: what the endpoint writes to.
    ///   - statistics: where the endpoint's counters are shown.
    ///   - index: the endpoint's place there.
    init(_ endpoint: SecureEndpoint, writer: DatagramWriter, statistics: EndpointStatistics, index: Int) {
        self.endpoint = endpoint
        self.writer = writer
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
        endpoint.receive(envelope.data.readableBytesSpan, from: peer, now: NIODeadline.now().sinceStart)
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

    private func advance(_ context: ChannelHandlerContext) {
        endpoint.advance(now: NIODeadline.now().sinceStart)
        settle(context)
    }

    private func settle(_ context: ChannelHandlerContext) {
        writer.flush(context)
        statistics.update(index, endpoint.counters, sessions: endpoint.sessionCount)
        schedule(context)
    }

    /// One timer for all: moved only when something is due earlier than it.
    private func schedule(_ context: ChannelHandlerContext) {
        let due = endpoint.nextWakeup
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
