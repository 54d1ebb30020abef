import HostSupport
import LinkEmulator
import NIOCore
import NIOPosix

/// Carries datagrams between clients and one server over one emulated link.
///
/// Every client address has an upstream socket of its own, so that the server tells the clients apart; all of them
/// share the link's queue and rate. Everything happens on one event loop: an instance is used nowhere else.
final class LinkProxy {
    /// More clients than these at a time are not served, however many descriptors there are.
    static let maximumClients = 16_384
    /// More datagrams than these are not kept on the way.
    static let maximumOnTheWay = 65_536
    /// A client that neither sent nor received anything for so long gives up its socket.
    static let idleTime: TimeAmount = .minutes(10)

    private enum Destination {
        case server(Flow)
        case client(SocketAddress)
    }

    private struct Packet {
        var bytes: ByteBuffer
        var destination: Destination
    }

    /// Datagrams that the link delivers and this program cannot.
    private struct Undelivered {
        var datagrams: UInt64 = 0
        var bytes: UInt64 = 0

        mutating func add(_ bytes: ByteBuffer) {
            datagrams += 1
            self.bytes += UInt64(bytes.readableBytes)
        }
    }

    let loop: any EventLoop
    private let server: SocketAddress
    private let profile: LinkProfile
    private let seed: UInt64
    private let rebindInterval: TimeAmount?
    private let maximumClients: Int
    private let openedAt = NIODeadline.now()
    /// When the first datagram came: the links' clock.
    private var start: NIODeadline?
    private var links: LinkPair
    private var listener: (any Channel)?
    private var flows: [SocketAddress: Flow] = [:]
    private var onTheWay = DeliveryQueue<Packet>(minimumCapacity: 256)
    private var timer: Scheduled<Void>?
    private var timerTime: Duration = .zero
    private var clients = LinkReport.Clients()
    private var undeliveredToServer = Undelivered()
    private var undeliveredToClient = Undelivered()

    /// - Parameters:
    ///   - loop: The loop that everything happens on.
    ///   - server: Where clients' datagrams go.
    ///   - profile: The link before changes, for the report.
    ///   - links: Both directions.
    ///   - seed: Of every random decision, for the report.
    ///   - rebindInterval: How often upstream sockets are replaced by new ones; nil: never.
    ///   - maximumClients: Datagrams of more clients than these at a time are dropped.
    init(
        loop: any EventLoop,
        server: SocketAddress,
        profile: LinkProfile,
        links: LinkPair,
        seed: UInt64,
        rebindInterval: TimeAmount?,
        maximumClients: Int
    ) {
        self.loop = loop
        self.server = server
        self.profile = profile
        self.seed = seed
        self.rebindInterval = rebindInterval
        self.links = links
        self.maximumClients = maximumClients
    }

    /// Begins to serve.
    ///
    /// - Parameter address: Where clients send to.
    /// - Returns: The address with the port that it got.
    func listen(on address: SocketAddress) -> EventLoopFuture<SocketAddress> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return DatagramSocket.open(on: loop, bindTo: address) { datagram, sender in
            bound.value.receive(datagram, fromClient: sender)
        }.assumeIsolated().flatMapThrowing { channel in
            guard let local = channel.localAddress else { throw ChannelError.unknownLocalAddress }
            self.listener = channel
            self.scheduleRebind()
            self.scheduleReaping()
            return local
        }.nonisolated()
    }

    /// Everything that happened so far.
    var report: LinkReport {
        LinkReport(
            seconds: Double((NIODeadline.now() - openedAt).nanoseconds) / 1e9,
            seed: seed,
            link: LinkReport.Profile(profile),
            clients: clients,
            toServer: LinkReport.Direction(
                links.upstream.statistics,
                undelivered: undeliveredToServer.datagrams,
                undeliveredBytes: undeliveredToServer.bytes
            ),
            toClient: LinkReport.Direction(
                links.downstream.statistics,
                undelivered: undeliveredToClient.datagrams,
                undeliveredBytes: undeliveredToClient.bytes
            )
        )
    }

    /// Time since the first datagram; the first call is for that.
    private func now() -> Duration {
        let now = NIODeadline.now()
        let start = start ?? now
        self.start = start
        return .nanoseconds((now - start).nanoseconds)
    }

    // MARK: Datagrams in

    private func receive(_ datagram: ByteBuffer, fromClient client: SocketAddress) {
        guard let flow = flow(of: client) else {
            if clients.refused == 0 {
                Console.report("\(maximumClients) clients are served at a time; datagrams of more are dropped")
            }
            clients.refused += 1
            return
        }
        flow.lastUse = .now()
        let fate = links.upstream.send(byteCount: datagram.readableBytes, now: now())
        carry(datagram, fate, to: .server(flow))
    }

    fileprivate func receive(_ datagram: ByteBuffer, from sender: SocketAddress, for flow: Flow) {
        guard sender == server else {
            clients.strays += 1
            return
        }
        flow.lastUse = .now()
        let fate = links.downstream.send(byteCount: datagram.readableBytes, now: now())
        carry(datagram, fate, to: .client(flow.client))
    }

    private func carry(_ datagram: ByteBuffer, _ fate: Fate, to destination: Destination) {
        switch fate {
        case .dropped:
            return
        case .delivered(let delivery):
            carry(datagram, delivery, to: destination)
        case .duplicated(let first, let second):
            carry(datagram, first, to: destination)
            carry(datagram, second, to: destination)
        }
        deliver()
    }

    private func carry(_ datagram: ByteBuffer, _ delivery: Delivery, to destination: Destination) {
        guard onTheWay.count < Self.maximumOnTheWay else {
            giveUp(Packet(bytes: datagram, destination: destination))
            return
        }
        // A copy of its own size: the buffer it was read into holds the largest datagram there can be.
        var bytes = ByteBuffer(bytes: datagram.readableBytesView)
        if let corruption = delivery.corruption, let byte: UInt8 = bytes.getInteger(at: corruption.byteIndex) {
            bytes.setInteger(byte ^ corruption.mask, at: corruption.byteIndex)
        }
        onTheWay.add(Packet(bytes: bytes, destination: destination), at: delivery.time)
    }

    private func giveUp(_ packet: Packet) {
        switch packet.destination {
        case .server: undeliveredToServer.add(packet.bytes)
        case .client: undeliveredToClient.add(packet.bytes)
        }
    }

    // MARK: Datagrams out

    /// Sends what has arrived and sets the timer for the next arrival.
    private func deliver() {
        let now = self.now()
        while let packet = onTheWay.next(by: now) {
            let channel: EventLoopFuture<any Channel>
            let address: SocketAddress
            switch packet.destination {
            case .server(let flow):
                channel = upstream(of: flow)
                address = server
            case .client(let client):
                guard let listener else { continue }
                channel = loop.makeSucceededFuture(listener)
                address = client
            }
            channel.assumeIsolated().flatMap { channel in
                channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: packet.bytes))
            }.whenFailure { _ in self.giveUp(packet) }
        }
        guard let next = onTheWay.nextTime, timer == nil || next < timerTime else { return }
        timer?.cancel()
        timerTime = next
        let deadline = (start ?? .now()) + .nanoseconds(Int64(clamping: next.attoseconds / 1_000_000_000))
        timer = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            self.deliver()
        }
    }

    // MARK: Clients

    private func flow(of client: SocketAddress) -> Flow? {
        if let flow = flows[client] { return flow }
        guard flows.count < maximumClients else { return nil }
        let flow = Flow(client: client)
        flows[client] = flow
        clients.seen += 1
        return flow
    }

    /// The flow's socket towards the server; a new one if it has none.
    private func upstream(of flow: Flow) -> EventLoopFuture<any Channel> {
        if let channel = flow.channel { return channel }
        let address = SocketAddress.wildcard(like: server)
        let bound = NIOLoopBound((proxy: self, flow: flow), eventLoop: loop)
        let channel = DatagramSocket.open(on: loop, bindTo: address) { datagram, sender in
            bound.value.proxy.receive(datagram, from: sender, for: bound.value.flow)
        }
        flow.channel = channel
        return channel
    }

    private func close(_ flow: Flow) {
        flow.channel?.whenSuccess { $0.close(promise: nil) }
        flow.channel = nil
    }

    private func scheduleRebind() {
        guard let rebindInterval else { return }
        loop.assumeIsolated().scheduleTask(in: rebindInterval) {
            for flow in self.flows.values where flow.channel != nil {
                self.close(flow)
                self.clients.rebinds += 1
            }
            self.scheduleRebind()
        }
    }

    private func scheduleReaping() {
        loop.assumeIsolated().scheduleTask(in: .minutes(1)) {
            for flow in self.flows.values where flow.lastUse + Self.idleTime < .now() {
                self.close(flow)
                self.flows[flow.client] = nil
                self.clients.reaped += 1
            }
            self.scheduleReaping()
        }
    }
}

/// A client and its socket towards the server.
private final class Flow {
    let client: SocketAddress
    var channel: EventLoopFuture<any Channel>?
    var lastUse = NIODeadline.now()

    init(client: SocketAddress) {
        self.client = client
    }
}
