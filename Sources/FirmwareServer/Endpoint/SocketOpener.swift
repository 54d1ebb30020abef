import DTLS
import Endpoint
import Glibc
import HostSupport
import NIOCore
import NIOPosix

/// Opens the sockets of a service and puts an endpoint on each.
struct SocketOpener {
    struct Opened {
        let channels: [any Channel]
        let secure: HostPort
        let plain: HostPort?
    }

    /// Datagrams taken with one system call.
    private static let vectorLength = 32
    private static let socketBufferBytes = 4 << 20

    private let configuration: FirmwareService.Configuration
    private let content: ServedContent
    private let statistics: EndpointStatistics
    private let group: MultiThreadedEventLoopGroup
    private let log: EndpointLog

    init(
        _ configuration: FirmwareService.Configuration,
        content: ServedContent,
        statistics: EndpointStatistics,
        group: MultiThreadedEventLoopGroup,
        log: EndpointLog
    ) {
        self.configuration = configuration
        self.content = content
        self.statistics = statistics
        self.group = group
        self.log = log
    }

    /// Opens `threads` sockets for DTLS, and one for plain CoAP if that is asked for.
    /// - Throws: what was wrong with which address; sockets opened before are closed.
    func open(threads: Int) throws(FirmwareServiceError) -> Opened {
        var channels: [any Channel] = []
        let (configuration, content) = (configuration, content)
        do {
            var secure = configuration.listen
            if threads > 1 {
                // Sockets that share a port would also share it with another server's: see first whether it is free.
                let probe = try bind(secure, on: group.next(), sharesPort: false) {
                    $0.eventLoop.makeSucceededVoidFuture()
                }
                secure = bound(probe, secure)
                try? probe.close().wait()
            }
            for index in 0..<threads {
                let channel = try bind(secure, on: group.next(), sharesPort: threads > 1) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try self.addHandler(
                            to: channel,
                            .secure(configuration.dtls) { content.key($0) },
                            index: index
                        )
                    }
                }
                channels.append(channel)
                secure = bound(channel, secure)
            }
            var plain = configuration.listenPlain
            if let address = plain {
                let channel = try bind(address, on: group.next(), sharesPort: false) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.addHandler(to: channel, .plain, index: threads) }
                }
                channels.append(channel)
                plain = bound(channel, address)
            }
            return Opened(channels: channels, secure: secure, plain: plain)
        } catch {
            for channel in channels { try? channel.close().wait() }
            throw error
        }
    }

    private func addHandler(to channel: any Channel, _ transport: ServerEndpoint.Transport, index: Int) throws {
        try channel.pipeline.syncOperations.addHandler(
            EndpointChannelHandler(
                try ServerEndpoint(transport, limits: configuration.limits),
                resources: ResourceReader(content.published),
                log: log,
                statistics: statistics,
                index: index
            )
        )
    }

    private func bind(
        _ address: HostPort,
        on eventLoop: any EventLoop,
        sharesPort: Bool,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) throws(FirmwareServiceError) -> any Channel {
        let vector = Self.vectorLength
        let capacity = vector * ServerEndpoint.maximumDatagramBytes
        do {
            return try DatagramBootstrap(group: eventLoop)
                .channelOption(.socketOption(.so_rcvbuf), value: Self.socketBufferBytes)
                .channelOption(.socketOption(.so_sndbuf), value: Self.socketBufferBytes)
                .channelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: sharesPort ? 1 : 0)
                .channelOption(.datagramVectorReadMessageCount, value: vector)
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: capacity))
                .channelOption(
                    .writeBufferWaterMark,
                    value: ChannelOptions.Types.WriteBufferWaterMark(low: 1 << 20, high: 4 << 20)
                )
                .channelInitializer(initializer)
                .bind(to: address.resolve())
                .wait()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw .addressInUse(address)
        } catch let error as IOError {
            throw .cannotListen(address, reason: FileFailure.reason(error.errnoCode))
        } catch let error as DTLSError {
            throw .setUp("GnuTLS: \(error)")
        } catch {
            throw .cannotListen(address, reason: "\(error)")
        }
    }

    private func bound(_ channel: any Channel, _ asked: HostPort) -> HostPort {
        HostPort(host: asked.host, port: channel.localAddress?.port ?? asked.port)
    }
}
