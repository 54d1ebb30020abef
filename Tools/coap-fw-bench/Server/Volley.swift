import CoAP

/// Requests of one session, sealed before they are measured: the generator then costs less than the server, and is
/// not what is measured.
struct SealedRequests {
    let session: LoadSession
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var next = 0
    var inFlight = 0

    init(session: LoadSession) {
        self.session = session
    }

    var isEmpty: Bool { next == ends.count }

    mutating func append(_ datagram: RawSpan) {
        datagram.withUnsafeBytes { bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
    }

    /// Shows the next request to `body`.
    mutating func takeNext(_ body: (RawSpan) -> Void) {
        let start = next > 0 ? ends[next - 1] : 0
        body(bytes.span.bytes.extracting(start..<ends[next]))
        next += 1
        inFlight += 1
    }
}

/// Sealed requests of all active sessions, sent with a window and answered or given up.
struct Volley {
    struct Result {
        var answered = 0
        /// Not answered within the patience.
        var lost = 0
        /// Answers that were opened and are not a block of the size that was asked for, or cannot be opened.
        var wrong = 0
        var seconds = 0.0

        var rate: Double { Double(answered) / seconds }
    }

    private static let patience = Duration.milliseconds(250)
    /// Every so many answers, one is opened and looked at; the others are counted.
    private static let sampling = 64

    private var requests: [SealedRequests]
    private var places: [Int: Int] = [:]
    private let payloadBytes: Int
    private var result = Result()

    init(_ requests: [SealedRequests], payloadBytes: Int) {
        self.requests = requests
        self.payloadBytes = payloadBytes
        for (place, requests) in requests.enumerated() { places[requests.session.index] = place }
    }

    /// Sends everything, `window` requests of each session in flight, and waits for the answers.
    /// - Throws: `SocketError`.
    mutating func fire(through generator: LoadGenerator, window: Int) throws -> Result {
        let began = ContinuousClock.now
        var lastAnswer = began
        for place in requests.indices { fill(place, window, generator) }
        generator.flush()
        while requests.contains(where: { $0.inFlight > 0 }) {
            let count = try generator.receive(within: Self.patience) { datagram, index in
                guard let place = places[index] else { return }
                take(datagram, place)
                fill(place, window, generator)
            }
            generator.flush()
            if count > 0 {
                lastAnswer = .now
            } else {
                giveUp(window, generator)
            }
        }
        // What was lost at the end is not the rate's fault.
        result.seconds = (lastAnswer - began).inSeconds
        return result
    }

    private mutating func take(_ datagram: RawSpan, _ place: Int) {
        guard requests[place].inFlight > 0, datagram.byteCount > payloadBytes else { return }
        requests[place].inFlight -= 1
        result.answered += 1
        guard result.answered.isMultiple(of: Self.sampling) else { return }
        var isRight = false
        requests[place].session.receive(datagram) { message in
            guard let view = try? MessageView(message) else { return }
            isRight = view.code == .content && view.payload.byteCount == payloadBytes
        }
        if !isRight { result.wrong += 1 }
    }

    private mutating func fill(_ place: Int, _ window: Int, _ generator: LoadGenerator) {
        let source = requests[place].session.source
        while requests[place].inFlight < window, !requests[place].isEmpty {
            requests[place].takeNext { generator.send($0, from: source) }
        }
    }

    private mutating func giveUp(_ window: Int, _ generator: LoadGenerator) {
        for place in requests.indices where requests[place].inFlight > 0 {
            result.lost += requests[place].inFlight
            requests[place].inFlight = 0
            fill(place, window, generator)
        }
        generator.flush()
    }
}
