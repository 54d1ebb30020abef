import DTLS
import Endpoint
import HostSupport
import Logging
import NIOCore
import NIOPosix

/// The whole server: catalog, credentials and sockets, from start to stop.
///
/// The event loops only ever see values that are ready (`PublishedResources`) and look up keys in memory; files are
/// looked at once a second on a thread of its own.
public final class FirmwareService: Sendable {
    public struct Configuration: Sendable {
        /// The images folder.
        public var images: String
        /// The PSK file; `rights` stands beside it.
        public var psk: String
        /// Where CoAP over DTLS is served.
        public var listen: HostPort
        /// Where CoAP without DTLS is served to everybody; nil: nowhere.
        public var listenPlain: HostPort?
        /// Event loops for DTLS, each with a socket of its own on the same address.
        public var threads: Int
        public var dtls: DTLSConfiguration
        public var limits: EndpointLimits
        public var catalogLimits: CatalogLimits

        public init(images: String, psk: String, listen: HostPort, listenPlain: HostPort? = nil) {
            self.images = images
            self.psk = psk
            self.listen = listen
            self.listenPlain = listenPlain
            threads = 1
            dtls = DTLSConfiguration()
            limits = EndpointLimits()
            catalogLimits = CatalogLimits()
        }
    }

    /// Where CoAP over DTLS is served; with the port that was chosen if any was asked for.
    public let address: HostPort
    /// Where plain CoAP is served.
    public let plainAddress: HostPort?
    public let statistics: EndpointStatistics

    private let group: MultiThreadedEventLoopGroup
    private let channels: [any Channel]
    private let reloader: Reloader
    private let logger: Logger

    /// Reads the files, opens the sockets and serves until `stop`. Not to be called on an event loop.
    ///
    /// - Parameters:
    ///   - configuration: what to serve where.
    ///   - logger: where the log goes.
    ///   - onSocketLost: called if a socket is closed by anything but `stop`.
    /// - Throws: why it cannot serve; nothing is left open then.
    public init(
        _ configuration: Configuration,
        logger: Logger,
        onSocketLost: @escaping @Sendable () -> Void = {}
    ) throws(FirmwareServiceError) {
        let content = try ServedContent(configuration, logger: logger)
        let threads = max(configuration.threads, 1)
        let statistics = EndpointStatistics(endpoints: threads + 1)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let sockets = SocketOpener(
            configuration,
            content: content,
            statistics: statistics,
            group: group,
            log: EndpointLog(logger)
        )
        do {
            let opened = try sockets.open(threads: threads)
            channels = opened.channels
            address = opened.secure
            plainAddress = opened.plain
        } catch {
            try? group.syncShutdownGracefully()
            throw error
        }
        self.statistics = statistics
        self.group = group
        self.logger = logger
        reloader = Reloader(content, channels: channels, statistics: statistics, logger: logger)
        for channel in channels {
            channel.closeFuture.whenComplete { [reloader] _ in
                if !reloader.isStopped { onSocketLost() }
            }
        }
        reloader.start(on: group.next())
        content.logStart()
    }

    /// Looks at all files now instead of at the next second.
    public func reload() {
        logger.info("looking for changed files now")
        reloader.reloadSoon()
    }

    /// Says goodbye to all peers, closes the sockets and ends the threads. Not to be called on an event loop.
    public func stop() {
        reloader.stop()
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(EndpointCommand.shutDown)
            // In this order on the channel's loop: the farewells are written before it is closed.
            channel.close(promise: nil)
            try? channel.closeFuture.wait()
        }
        try? group.syncShutdownGracefully()
        let total = statistics.total
        logger.info(
            "stopped",
            metadata: [
                "handshakes": "\(total.handshakesCompleted)",
                "authentication-failures": "\(total.authenticationFailures)",
                "requests": "\(total.requests)", "responses": "\(total.responses)",
                "datagrams-received": "\(total.datagramsReceived)", "datagrams-sent": "\(total.datagramsSent)",
                "datagrams-ignored": "\(total.datagramsIgnored)",
            ]
        )
    }
}
