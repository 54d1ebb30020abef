import DTLS
import NIOCore
import NIOPosix

/// One channel to the server: a connected UDP socket with a DTLS session on it, or plain. Lives on one event loop.
///
/// A new link has a new socket, hence a new port: a binding that a NAT lost does not come back by itself.
final class DatagramLink {
    enum Event {
        /// With the round trip that the handshake showed, if it did.
        case up(roundTrip: Duration?)
        /// A message is in `plaintext`.
        case received(byteCount: Int)
        case down(LinkFailure)
    }

    private let loop: any EventLoop
    let remote: SocketAddress
    private let session: DTLSSession?
    /// Told of what happens.
    var onEvent: (Event) -> Void = { _ in }
    /// Plain CoAP: a ping has to be answered before the link is up.
    private let pings: Bool
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    private var isOver = false
    private var isUp = false
    private(set) var hasReceived = false
    private(set) var bytesSent: UInt64 = 0
    private(set) var bytesReceived: UInt64 = 0
    /// The message of the last `.received`; a UDP datagram is never larger.
    var plaintext = [UInt8](repeating: 0, count: 65_536)

    init(loop: any EventLoop, remote: SocketAddress, session: DTLSSession?, pings: Bool = false) {
        self.loop = loop
        self.remote = remote
        self.session = session
        self.pings = pings
    }

    /// What the handshake showed, up to now.
    var handshakeRoundTrips: ClosedRange<Duration>? { session?.handshakeRoundTrips }

    /// Makes the socket and begins the handshake.
    func open() {
        let handler = NIOLoopBound(DatagramHandler(self), eventLoop: loop)
        let bootstrap = DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler.value) }
            }
        let bound = NIOLoopBound(self, eventLoop: loop)
        bootstrap.connect(to: remote).whenComplete { bound.value.connected($0) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .failure(let error):
            end(.unreachable("\(error)"))
        case .success(let channel):
            guard !isOver else {
                channel.close(promise: nil)
                return
            }
            self.channel = channel
            if let session {
                handle(session.start())
            } else if pings {
                ping()
            } else {
                isUp = true
                onEvent(.up(roundTrip: nil))
            }
        }
    }

    /// RFC 7252 § 4.3: an empty confirmable message, which any CoAP endpoint answers with a reset; each second.
    private func ping() {
        guard !isOver, !isUp else { return }
        let message: [UInt8] = [0x40, 0x00, 0x50, 0x49]
        write(message.span.bytes)
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: .seconds(1)) { bound.value.ping() }
    }

    /// Sends one message.
    func send(_ message: RawSpan) {
        guard isUp, !isOver else { return }
        if let session {
            do {
                try session.send(message)
            } catch {
                // What cannot be sent is lost, like any datagram.
                return
            }
            flush()
        } else {
            write(message)
        }
    }

    /// Closes without a word to the owner.
    func close() {
        guard !isOver else { return }
        session?.close()
        flush()
        shutDown()
    }

    func read(_ datagram: ByteBuffer) {
        guard !isOver else { return }
        bytesReceived += UInt64(datagram.readableBytes)
        hasReceived = true
        guard let session else {
            if !isUp {
                timer?.cancel()
                isUp = true
                onEvent(.up(roundTrip: nil))
                return
            }
            let count = min(datagram.readableBytes, plaintext.count)
            datagram.withUnsafeReadableBytes { bytes in
                for index in 0..<count { plaintext[index] = bytes[index] }
            }
            onEvent(.received(byteCount: count))
            return
        }
        var event = datagram.withUnsafeReadableBytes { Self.receive($0.bytes, session, into: &plaintext) }
        while let current = event, !isOver {
            handle(current)
            guard !isOver else { return }
            event = Self.next(session, into: &plaintext)
        }
        handle(nil)
    }

    private static func receive(_ datagram: RawSpan, _ session: DTLSSession, into plaintext: inout [UInt8])
        -> DTLSEvent?
    {
        var span = plaintext.mutableSpan
        var bytes = span.mutableBytes
        return session.receive(datagram, plaintext: &bytes)
    }

    private static func next(_ session: DTLSSession, into plaintext: inout [UInt8]) -> DTLSEvent? {
        var span = plaintext.mutableSpan
        var bytes = span.mutableBytes
        return session.nextEvent(plaintext: &bytes)
    }

    /// The socket reports an error, usually ICMP's "port unreachable".
    func failed(_ error: any Error) {
        // Once something came from there, an ICMP message of whatever origin ends nothing.
        guard !isOver, !hasReceived else { return }
        end(.unreachable("\(error)"))
    }

    private func handle(_ event: DTLSEvent?) {
        flush()
        switch event {
        case nil:
            break
        case .established:
            isUp = true
            onEvent(.up(roundTrip: session?.handshakeRoundTrips?.lowerBound))
        case .received(let byteCount):
            onEvent(.received(byteCount: byteCount))
        case .closed:
            end(.closed)
        case .failed(let error):
            end(.dtls(error))
        }
        schedule()
    }

    private func schedule() {
        timer?.cancel()
        timer = nil
        guard !isOver, let wait = session?.timeUntilTimer else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(in: .milliseconds(max(1, wait.milliseconds))) {
            guard !bound.value.isOver else { return }
            bound.value.handle(bound.value.session?.timerFired())
        }
    }

    private func flush() {
        guard let session, !session.outgoing.isEmpty else { return }
        for datagram in session.outgoing.takeAll() { write(datagram.span.bytes) }
    }

    private func write(_ bytes: RawSpan) {
        guard let channel else { return }
        bytesSent += UInt64(bytes.byteCount)
        var buffer = channel.allocator.buffer(capacity: bytes.byteCount)
        bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: remote, data: buffer), promise: nil)
    }

    private func end(_ failure: LinkFailure) {
        guard !isOver else { return }
        flush()
        shutDown()
        onEvent(.down(failure))
    }

    private func shutDown() {
        isOver = true
        timer?.cancel()
        channel?.close(promise: nil)
        channel = nil
    }
}

/// Why a link ended.
enum LinkFailure {
    /// No socket, or nobody there.
    case unreachable(String)
    /// The server ended the session.
    case closed
    case dtls(DTLSError)
}

/// Hands datagrams and errors of the socket to the link.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let link: DatagramLink

    init(_ link: DatagramLink) {
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        link.read(unwrapInboundIn(data).data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        link.failed(error)
    }
}
