import CoAP
import Credentials
import DTLS

/// Peers over plain CoAP. Whoever sends under another's address must not have more sent there than three times what it
/// spends itself, so an answer that is larger waits until the peer has shown that it is at its address.
///
///     peer                         server
///       |-- GET /fw/7 -------------->|   9 bytes
///       |<------------- empty CON ---|   4 bytes, a message ID that nobody else knows (RFC 7252 § 4.3, "ping")
///       |-- RST -------------------->|
///       |<------------- empty CON ---|   once more: 32 bits in all
///       |-- RST -------------------->|   it is there
///       |<------------- 2.05 --------|   1 046 bytes
///
/// Any endpoint answers pings, and need not know that it is asked for anything. One that does not, in half a second,
/// gets a 4.01 with an Echo option to be repeated (RFC 9175 § 2.3). Only what waits is remembered before, and bounded.
struct PlainPeers {
    /// How far a peer is trusted.
    enum Standing: Equatable {
        /// It has shown that it is at its address.
        case shown
        /// Not yet: answers have at most so many bytes.
        case unshown(maximumAnswerBytes: Int)
    }

    private struct Waiting {
        var request: [UInt8]
        /// Of the ping that is not answered.
        var messageID: UInt16
        var isSecondPing = false
        let due: Duration
    }

    private var shown = RecencyTable<PeerAddress, Duration>()
    private var waiting = RecencyTable<PeerAddress, Waiting>()
    private var echoes: EchoMaker
    private let limits: EndpointLimits

    /// A peer that was silent for so long has to show itself again.
    private static let shownTime = Duration.seconds(300)
    private static let pingTime = Duration.milliseconds(500)
    private static let maximumWaiting = 1_024
    /// Requests that wait are no longer than this; others are answered with an Echo option at once.
    private static let maximumRequestBytes = 256
    /// Bytes of the answer for each of the request.
    static let amplification = 3

    init(_ limits: EndpointLimits) {
        self.limits = limits
        echoes = EchoMaker(lifetime: limits.cookieLifetime)
    }

    /// When `advance` has something to do.
    var nextWakeup: Duration? { waiting.oldest.flatMap { waiting[$0]?.due } }

    /// What the sender of this request may be sent.
    mutating func standing(of peer: PeerAddress, _ request: RawSpan, now: Duration) -> Standing {
        if let slot = shown.slot(of: peer), let lastHeard = shown[slot], now - lastHeard < Self.shownTime {
            shown[slot] = now
            shown.touch(slot)
            return .shown
        }
        if let view = try? MessageView(request), view.role == .request, let echo = view.firstValue(of: .echo),
            echoes.isGenuine(echo, for: peer, now: now)
        {
            show(peer, now: now)
            return .shown
        }
        return .unshown(maximumAnswerBytes: Self.amplification * request.byteCount)
    }

    /// The answer to this request is larger than its sender may be sent.
    /// - Returns: what it is sent instead, if anything.
    mutating func wait(_ peer: PeerAddress, _ request: RawSpan, now: Duration) -> [UInt8]? {
        let bytes = request.withUnsafeBytes { Array($0) }
        guard bytes.count <= Self.maximumRequestBytes else { return challenge(bytes, of: peer, now: now) }
        if let slot = waiting.slot(of: peer), var entry = waiting[slot] {
            // The same again, or the next: one ping is on its way already.
            entry.request = bytes
            waiting[slot] = entry
            return nil
        }
        if waiting.count >= Self.maximumWaiting, let oldest = waiting.oldest, let key = waiting.key(at: oldest) {
            waiting.remove(key)
        }
        let messageID = UInt16.random(in: .min ... .max)
        waiting.insert(Waiting(request: bytes, messageID: messageID, due: now + Self.pingTime), for: peer)
        return Self.ping(messageID)
    }

    /// What the reset of a peer has brought.
    enum Return {
        case nothing
        case ping([UInt8])
        /// It is there, and has waited for the answer to this.
        case request([UInt8])
    }

    mutating func reset(_ messageID: UInt16, from peer: PeerAddress, now: Duration) -> Return {
        guard let slot = waiting.slot(of: peer), var entry = waiting[slot], entry.messageID == messageID else {
            return .nothing
        }
        if entry.isSecondPing {
            waiting.remove(peer)
            show(peer, now: now)
            return .request(entry.request)
        }
        entry.isSecondPing = true
        entry.messageID = .random(in: .min ... .max)
        waiting[slot] = entry
        return .ping(Self.ping(entry.messageID))
    }

    /// - Returns: an answer for one whose time to answer the ping is over; nil if there is none.
    mutating func expire(now: Duration) -> (peer: PeerAddress, answer: [UInt8])? {
        while let oldest = waiting.oldest, let entry = waiting[oldest], let peer = waiting.key(at: oldest),
            entry.due <= now
        {
            waiting.remove(peer)
            if let answer = challenge(entry.request, of: peer, now: now) { return (peer, answer) }
        }
        return nil
    }

    private mutating func show(_ peer: PeerAddress, now: Duration) {
        if shown.count >= limits.plainPeers, let oldest = shown.oldest, let key = shown.key(at: oldest) {
            shown.remove(key)
        }
        shown.insert(now, for: peer)
    }

    /// 4.01 with an Echo option. Never larger than three times the request, whose token it repeats.
    private mutating func challenge(_ request: [UInt8], of peer: PeerAddress, now: Duration) -> [UInt8]? {
        var answer = [UInt8](repeating: 0, count: 32)
        let echo = echoes.make(for: peer, now: now)
        var span = answer.mutableSpan
        do {
            let view = try MessageView(request.span.bytes)
            var writer = MessageWriter(into: span.mutableBytes)
            try writer.start(
                type: view.type == .confirmable ? .acknowledgement : .nonConfirmable,
                code: .unauthorized,
                messageID: view.messageID,
                token: view.token
            )
            try writer.option(.echo, bytes: echo.span.bytes)
            let count = try writer.finish()
            return Array(answer[..<count])
        } catch {
            return nil
        }
    }

    private static func ping(_ messageID: UInt16) -> [UInt8] {
        let bytes = EmptyMessage.ping(messageID: messageID).bytes
        return bytes.indices.map { bytes[$0] }
    }
}
