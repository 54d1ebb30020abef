import NIOCore

/// The way to a server that may have several addresses: links to them are opened in turn, and the first that comes up
/// is kept (RFC 8305, with handshakes in place of connections). Lives on one event loop.
final class ServerLink {
    private let loop: any EventLoop
    private var waiting: ArraySlice<DatagramLink>
    private let onEvent: (DatagramLink.Event) -> Void
    /// Links that are being opened, or the one that is up.
    private var links: [DatagramLink] = []
    private(set) var isUp = false
    private var isOver = false
    private var timer: Scheduled<Void>?
    /// Why those ended that did.
    private var failure: LinkFailure?
    private var endedRoundTrips: ClosedRange<Duration>?
    private var endedBytesSent: UInt64 = 0
    private var endedBytesReceived: UInt64 = 0

    /// RFC 8305 § 5: between one attempt and the next, unless the one before has failed.
    private static let stagger = TimeAmount.milliseconds(250)

    /// - Parameters:
    ///   - loop: where all of it happens.
    ///   - links: one for each address, not open yet, the most promising first.
    ///   - onEvent: told of what happens, until `close`.
    init(
        loop: any EventLoop,
        links: [DatagramLink],
        onEvent: @escaping (DatagramLink.Event) -> Void
    ) {
        self.loop = loop
        waiting = links[...]
        self.onEvent = onEvent
    }

    /// Begins with the first address.
    func open() {
        guard !isOver, !isUp, let link = waiting.popFirst() else { return }
        links.append(link)
        link.onEvent = { [weak self, unowned link] in self?.handle($0, of: link) }
        link.open()
        guard !waiting.isEmpty else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: Self.stagger) { bound.value.goOn() }
    }

    /// The next address, if none before has answered.
    private func goOn() {
        if links.allSatisfy({ !$0.hasReceived }) { open() }
    }

    func send(_ message: RawSpan) {
        if isUp { links.first?.send(message) }
    }

    /// Closes without a word to the owner.
    func close() {
        isOver = true
        timer?.cancel()
        for link in links {
            link.close()
            note(link)
        }
        links = []
    }

    /// The address of the link that is up.
    var remote: SocketAddress? { isUp ? links.first?.remote : nil }

    /// The message of the last `.received`.
    var plaintext: [UInt8] { links.first?.plaintext ?? [] }

    /// What handshakes showed, up to now.
    var handshakeRoundTrips: ClosedRange<Duration>? {
        links.compactMap(\.handshakeRoundTrips).min { $0.lowerBound < $1.lowerBound } ?? endedRoundTrips
    }

    var bytesSent: UInt64 { links.reduce(endedBytesSent) { $0 + $1.bytesSent } }
    var bytesReceived: UInt64 { links.reduce(endedBytesReceived) { $0 + $1.bytesReceived } }

    private func handle(_ event: DatagramLink.Event, of link: DatagramLink) {
        guard !isOver, links.contains(where: { $0 === link }) else { return }
        switch event {
        case .up:
            isUp = true
            timer?.cancel()
            for other in links where other !== link {
                other.close()
                note(other)
            }
            links = [link]
            onEvent(event)
        case .received:
            onEvent(event)
        case .down(let reason):
            note(link)
            links.removeAll { $0 === link }
            if failure.map({ $0.weight <= reason.weight }) ?? true { failure = reason }
            guard !isUp, !waiting.isEmpty || !links.isEmpty else { return onEvent(.down(failure ?? reason)) }
            timer?.cancel()
            open()
        }
    }

    private func note(_ link: DatagramLink) {
        endedBytesSent += link.bytesSent
        endedBytesReceived += link.bytesReceived
        endedRoundTrips = link.handshakeRoundTrips ?? endedRoundTrips
    }
}

extension LinkFailure {
    /// Which of several failures says most.
    fileprivate var weight: Int {
        switch reason {
        case .authenticationFailed: 4
        case .unfinished, .forgotten: 3
        case .lost, .failed: 2
        case .timeout, .silent: 1
        case .refused: 0
        }
    }
}
