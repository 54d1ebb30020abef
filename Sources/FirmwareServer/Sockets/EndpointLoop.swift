import Endpoint
import Glibc
import UDPSockets

/// Joins an endpoint to a UDP socket, to the resources and to the clock, on the one thread that `run` is called on.
///
/// No datagram and no state of the network ends it. An error of sending is one of a datagram (``SendBatch``); one that
/// the kernel notes for the socket is taken by the next read, counted, and the read after it goes on. This is why the
/// sockets are not SwiftNIO's: its datagram channels close on nearly any error of a write, and a noted one traps
/// (2.101, `BaseSocketChannel.reset`).
final class EndpointLoop {
    /// Reads in a row before answers are sent and timers are looked at.
    private static let readsAtOnce = 2

    private let endpoint: ServerEndpoint
    private let socket: UDPSocket
    private let mailbox: EndpointMailbox
    private let resources: ResourceReader
    private let log: EndpointLog
    private let statistics: EndpointStatistics
    private let index: Int

    private let start = ContinuousClock.now
    private let sending = SendBatch()
    // One byte more than is looked at, so that a longer datagram is seen to be one.
    private let receiving = ReceiveBatch(datagramBytes: ServerEndpoint.maximumDatagramBytes + 1)
    private var messageBuffer = [UInt8](repeating: 0, count: ServerEndpoint.maximumDatagramBytes)
    private var answerBuffer = [UInt8](repeating: 0, count: FirmwareResources.fullBlockBufferBytes)
    /// Requests for bytes that are being fetched, oldest first.
    private var waiting: [(request: WaitingRequest, until: Duration)] = []
    private var isStopped = false

    /// Requests that wait at most; more than a peer that asks in turn has in flight, and 600 KiB of memory.
    private static let maximumWaiting = 256
    /// A request is not waited with for longer: its peer has given it up, or asked again.
    private static let patience = Duration.seconds(10)

    /// - Parameters:
    ///   - endpoint: what the datagrams are for.
    ///   - socket: theirs.
    ///   - mailbox: where commands come from.
    ///   - resources: answers the requests.
    ///   - log: takes note of the events.
    ///   - statistics: where the endpoint's counters are shown.
    ///   - index: the endpoint's place there.
    init(
        _ endpoint: ServerEndpoint,
        socket: UDPSocket,
        mailbox: EndpointMailbox,
        resources: ResourceReader,
        log: EndpointLog,
        statistics: EndpointStatistics,
        index: Int
    ) {
        self.endpoint = endpoint
        self.socket = socket
        self.mailbox = mailbox
        self.resources = resources
        self.log = log
        self.statistics = statistics
        self.index = index
    }

    /// Serves until it is told to stop.
    func run() {
        endpoint.advance(now: now)
        while !isStopped {
            for command in mailbox.wait(for: socket.descriptor, atMost: endpoint.nextWakeup.map { $0 - now }) {
                perform(command)
            }
            for _ in 0..<Self.readsAtOnce where read() == 0 { break }
            if let due = endpoint.nextWakeup, due <= now { endpoint.advance(now: now) }
            settle()
        }
    }

    private var now: Duration { ContinuousClock.now - start }

    private func perform(_ command: EndpointCommand) {
        switch command {
        case .revoke(let identities):
            endpoint.revoke(identities)
        case .fetched:
            answerWaiting()
        case .stop:
            endpoint.shutDown()
            isStopped = true
        }
    }

    /// Takes and answers what has arrived, as much as one read gives.
    private func read() -> Int {
        let now = now
        do {
            return try receiving.receive(from: socket.descriptor) { serve($0, from: $1, now: now) }
        } catch {
            statistics.noteReadError()
            // Should it stay, this thread does not take a whole processor.
            usleep(1000)
            return 0
        }
    }

    /// Gives a datagram to the endpoint, and answers to the requests in it.
    private func serve(_ datagram: RawSpan, from peer: PeerAddress, now: Duration) {
        // Taken out, so that nothing else can look at them meanwhile.
        var (messages, answers) = ([UInt8](), [UInt8]())
        swap(&messages, &messageBuffer)
        swap(&answers, &answerBuffer)
        defer {
            swap(&messages, &messageBuffer)
            swap(&answers, &answerBuffer)
        }
        var span = messages.mutableSpan
        var message = span.mutableBytes
        var request = endpoint.receive(datagram, from: peer, now: now, message: &message)
        while let current = request {
            makeRoom(in: &answers, for: current.maximumAnswerBytes)
            var answerSpan = answers.mutableSpan
            let outcome = resources.respond(
                to: message.bytes.extracting(0..<current.byteCount),
                from: current.peer,
                into: answerSpan.mutableBytes
            )
            switch outcome {
            case .answer(let count):
                endpoint.answer(answers.span.bytes.extracting(0..<count))
            case .fetching:
                guard waiting.count < Self.maximumWaiting else { break }
                let request = endpoint.setAside(current, message.bytes.extracting(0..<current.byteCount))
                if let request { waiting.append((request, now + Self.patience)) }
            case .nothing:
                break
            }
            request = endpoint.nextRequest(now: now, message: &message)
        }
    }

    /// Answers what has waited for a disk. What is still not there goes on waiting.
    private func answerWaiting() {
        let all = waiting
        waiting.removeAll(keepingCapacity: true)
        let now = now
        for (request, until) in all where until > now {
            makeRoom(in: &answerBuffer, for: request.maximumAnswerBytes)
            var span = answerBuffer.mutableSpan
            switch resources.respond(to: request.message.span.bytes, from: request.peer, into: span.mutableBytes) {
            case .answer(let count):
                endpoint.answer(answerBuffer.span.bytes.extracting(0..<count), to: request)
            case .fetching:
                // Another's bytes have come, or it had to make room for them: they are being fetched again then.
                waiting.append((request, until))
            case .nothing:
                break
            }
        }
    }

    /// Sessions with small datagrams, or of other suites, have less room than a block takes.
    private func makeRoom(in answers: inout [UInt8], for maximumAnswerBytes: Int) {
        let room = min(FirmwareResources.fullBlockBufferBytes, maximumAnswerBytes)
        if answers.count != room { answers = [UInt8](repeating: 0, count: room) }
    }

    /// Sends what there is to send and says what has happened.
    private func settle() {
        endpoint.outgoing.withEach { peer, datagram in
            if sending.append(datagram, to: peer) { return }
            sending.send(through: socket.descriptor)
            _ = sending.append(datagram, to: peer)
        }
        endpoint.outgoing.removeAll()
        if !sending.isEmpty { sending.send(through: socket.descriptor) }
        if !endpoint.events.isEmpty {
            for (peer, event) in endpoint.takeEvents() { log.note(peer, event) }
        }
        statistics.update(index, endpoint.counters, sessions: endpoint.sessionCount, sending: sending.counters)
    }
}
