import DTLS
import Endpoint
import HostSupport
import Logging
import NIOCore
import NIOPosix

/// The whole server: catalog, credentials and sockets, from start to stop.
///
/// The threads that serve only ever see values that are ready (`PublishedResources`) and look up keys in memory; files
/// are looked at once a second on threads of their own.
public final class FirmwareService: Sendable {
    /// What is served, to whom and where.
    public struct Configuration: Sendable {
        /// The images folder.
        public var images: String
        /// The PSK file; `rights` stands beside it.
        public var psk: String
        /// Where CoAP over DTLS is served.
        public var listen: [HostPort]
        /// Where CoAP without DTLS is served to everybody.
        public var listenPlain: [HostPort]
        /// Threads for DTLS on every address, each with a socket of its own.
        public var threads: Int
        /// Timers and sizes of handshakes.
        public var dtls: DTLSConfiguration
        /// What each socket remembers at most.
        public var limits: EndpointLimits
        /// What is served at most.
        public var catalogLimits: CatalogLimits
        /// Whether a missing `rights` file is an error.
        public var requiresRights = false

        /// See the properties.
        public init(images: String, psk: String, listen: [HostPort], listenPlain: [HostPort] = []) {
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

    /// Where CoAP over DTLS is served; with the ports that were chosen if any were asked for.
    public let addresses: [HostPort]
    /// Where plain CoAP is served.
    public let plainAddresses: [HostPort]
    /// What all sockets have done.
    public let statistics: EndpointStatistics

    private let sockets: [EndpointSocket]
    private let reloader: Reloader
    private let logger: Logger

    /// Reads the files, opens the sockets and serves until `stop`.
    ///
    /// - Parameters:
    ///   - configuration: what to serve where.
    ///   - logger: where the log goes.
    /// - Throws: why it cannot serve; nothing is left open then.
    public init(_ configuration: Configuration, logger: Logger) throws(FirmwareServiceError) {
        let content = try ServedContent(configuration, logger: logger)
        let threads = max(configuration.threads, 1)
        let statistics = EndpointStatistics(
            endpoints: threads * configuration.listen.count + configuration.listenPlain.count
        )
        let log = EndpointLog(logger)
        let opener = SocketOpener(
            configuration: configuration,
            content: content,
            statistics: statistics,
            log: log
        )
        let opened = try opener.open(threads: threads)
        sockets = opened.sockets
        addresses = opened.secure
        plainAddresses = opened.plain
        self.statistics = statistics
        self.logger = logger
        reloader = Reloader(content, sockets: sockets, report: NetworkReport(statistics, log, logger), logger: logger)
        reloader.start(on: MultiThreadedEventLoopGroup.singleton.next())
        content.logStart()
    }

    /// Looks at all files now instead of at the next second.
    public func reload() {
        logger.info("looking for changed files now")
        reloader.reloadSoon()
    }

    /// Says goodbye to all peers, closes the sockets and ends the threads.
    public func stop() {
        reloader.stop()
        for socket in sockets { socket.stop() }
        var fields = Logger.Metadata()
        for (name, value) in statistics.figures { fields[name] = "\(value)" }
        logger.info("stopped", metadata: fields)
    }
}
