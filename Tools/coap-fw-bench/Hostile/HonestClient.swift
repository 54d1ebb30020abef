import CoAP
import DTLS
import Endpoint

/// A device that downloads a whole image again and again at its link's pace, and looks at every byte.
final class HonestClient {
    struct Counters {
        var bytes = 0
        var images = 0
        /// Blocks that are not what was released.
        var wrong = 0
        var handshakes = 0
        /// Handshakes that failed, and sessions that were closed or answered nothing any more.
        var losses = 0
        var retransmissions = 0
        var longestWait = Duration.zero
    }

    /// 1 KiB each at 250 kbit/s.
    static let pace = Duration.milliseconds(33)
    static let blockBytes = 1024
    private static let answerTimeout = Duration.milliseconds(500)
    private static let maximumTries = 8
    private static let handshakeTimeout = Duration.seconds(20)

    private(set) var counters = Counters()
    let index: Int
    private let image: [UInt8]
    private let outgoing: DatagramBatch
    private var session: LoadSession
    private var block = 0
    private var tries = 0
    private var due = Duration.zero
    private var began = Duration.zero
    private var lastAnswer: Duration?
    /// The last sealed request, as an attacker on the way has it.
    private(set) var captured: [UInt8] = []

    /// - Throws: `DTLSError`.
    init(index: Int, image: [UInt8], outgoing: DatagramBatch) throws {
        self.index = index
        self.image = image
        self.outgoing = outgoing
        session = try LoadSession(index: index, outgoing: outgoing)
        // Not all at once.
        due = .milliseconds(index * 10)
        began = due
    }

    var source: IPAddress { session.source }

    /// Whether it is in a handshake.
    var isConnecting: Bool { session.session.state == .handshaking }

    func resetCounters(now: Duration) {
        counters = Counters()
        lastAnswer = lastAnswer.map { _ in now }
    }

    /// Does what is due. What is to be sent is in `outgoing`.
    func advance(now: Duration) throws {
        guard now >= due else { return }
        if let lastAnswer { counters.longestWait = max(counters.longestWait, now - lastAnswer) }
        switch session.session.state {
        case .handshaking:
            due = now + .milliseconds(20)
            guard now - began < Self.handshakeTimeout else { return try reconnect(now: now) }
            if session.session.timeUntilTimer.map({ $0 <= .milliseconds(1) }) ?? false {
                _ = began == now ? session.session.start() : session.session.timerFired()
            }
        case .established:
            tries += 1
            guard tries <= Self.maximumTries else { return try reconnect(now: now) }
            if tries > 1 { counters.retransmissions += 1 }
            try session.seal(["fw", "7"], block: BlockOption(number: UInt32(block), szx: 6))
            outgoing.withEach { datagram in captured = datagram.withUnsafeBytes { Array($0) } }
            due = now + Self.answerTimeout
        case .closed, .failed:
            try reconnect(now: now)
        }
    }

    private func reconnect(now: Duration) throws {
        counters.losses += 1
        session = try LoadSession(index: index, outgoing: outgoing)
        tries = 0
        began = now
        due = now + .milliseconds(20)
        _ = session.session.start()
    }

    func receive(_ datagram: RawSpan, now: Duration) {
        let wasConnecting = isConnecting
        session.receive(datagram) { take($0, now: now) }
        if wasConnecting, session.session.state == .established {
            counters.handshakes += 1
            due = now
        }
    }

    private func take(_ message: RawSpan, now: Duration) {
        guard let view = try? MessageView(message), let answered = try? view.block(.block2),
            answered.number == UInt32(block), tries > 0
        else { return }
        let start = block * Self.blockBytes
        let expected = image[start..<min(start + Self.blockBytes, image.count)]
        guard view.code == .content, view.payload.withUnsafeBytes({ $0.elementsEqual(expected) }) else {
            counters.wrong += 1
            return
        }
        counters.bytes += expected.count
        if let lastAnswer { counters.longestWait = max(counters.longestWait, now - lastAnswer) }
        lastAnswer = now
        tries = 0
        due = now + Self.pace
        block += 1
        if block * Self.blockBytes >= image.count {
            block = 0
            counters.images += 1
        }
    }
}
