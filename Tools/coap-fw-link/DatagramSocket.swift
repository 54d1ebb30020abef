import Foundation
import NIOCore
import NIOPosix

/// UDP sockets that hand every datagram to a closure on their loop.
enum DatagramSocket {
    /// - Parameters:
    ///   - loop: The socket's loop.
    ///   - address: The local address, port 0 for any.
    ///   - receive: Called on `loop` with the payload and the sender.
    /// - Returns: The bound channel.
    static func open(
        on loop: any EventLoop,
        bindTo address: SocketAddress,
        receive: @escaping @Sendable (ByteBuffer, SocketAddress) -> Void
    ) -> EventLoopFuture<any Channel> {
        DatagramBootstrap(group: loop)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65_536))
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(receive: receive))
                }
            }
            .bind(to: address)
    }
}

private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let receive: (ByteBuffer, SocketAddress) -> Void

    init(receive: @escaping (ByteBuffer, SocketAddress) -> Void) {
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        receive(envelope.data, envelope.remoteAddress)
    }

    /// An unreachable peer is no reason to stop: links come and go.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension SocketAddress {
    /// Any address and any port of the same family.
    static func wildcard(like address: SocketAddress) -> SocketAddress {
        switch address {
        case .v4:
            var wildcard = sockaddr_in()
            wildcard.sin_family = sa_family_t(AF_INET)
            return SocketAddress(wildcard)
        case .v6:
            var wildcard = sockaddr_in6()
            wildcard.sin6_family = sa_family_t(AF_INET6)
            return SocketAddress(wildcard)
        case .unixDomainSocket:
            return address
        }
    }
}
