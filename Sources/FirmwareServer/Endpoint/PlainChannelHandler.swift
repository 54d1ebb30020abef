import NIOCore

/// CoAP without DTLS: every datagram is a request of nobody in particular, and is answered to wherever it says it
/// came from. No state at all.
///
/// RFC 7252 § 11.3: whoever forges the sender's address has up to forty times the request's bytes sent there, which
/// is why this is only done where it was asked for.
final class PlainChannelHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let respond: SecureEndpoint.Responder
    private let writer = DatagramWriter()
    private let statistics: EndpointStatistics
    private let index: Int
    private var counters = EndpointCounters()
    private var messageID = UInt16.random(in: .min ... .max)
    private var buffer = [UInt8](repeating: 0, count: FirmwareResources.fullBlockBufferBytes)

    init(statistics: EndpointStatistics, index: Int, respond: @escaping SecureEndpoint.Responder) {
        self.statistics = statistics
        self.index = index
        self.respond = respond
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        counters.datagramsReceived &+= 1
        // Port 0 cannot be answered.
        guard envelope.remoteAddress.port ?? 0 != 0 else { return }
        var space: [UInt8] = []
        swap(&space, &buffer)
        defer { swap(&space, &buffer) }
        var span = space.mutableSpan
        let written = respond(envelope.data.readableBytesSpan, .anonymous, &messageID, span.mutableBytes)
        guard let written, written <= space.count else {
            counters.datagramsIgnored &+= 1
            return
        }
        counters.requests &+= 1
        counters.responses &+= 1
        counters.datagramsSent &+= 1
        writer.append(space.span.bytes.extracting(0..<written), to: envelope.remoteAddress)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        writer.flush(context)
        statistics.update(index, counters, sessions: 0)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        statistics.noteSocketError(error)
    }
}
