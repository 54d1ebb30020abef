/// A stand-in for a client's DTLS handshake, in virtual time: three round trips of small datagrams, sent again as
/// `DTLSSession` does, which keeps real time.
///
/// The server is a function: it answers each datagram at once. What is left out: keys, alerts, a server that forgets.
struct HandshakeModel {
    /// One datagram of a flight, and its answer.
    struct Datagram {
        /// Of this client: answers to one that was given up are not taken.
        var attempt: Int
        /// 0: ClientHello and HelloVerifyRequest; 1: with the cookie, and ServerHello; 2: Finished and Finished.
        var flight: Int
        /// Which sending of the flight.
        var sending: Int
    }

    /// UDP payload of the three flights, up and down, as DTLS 1.2 with a pre-shared key has them.
    static let requestBytes = [94, 126, 101]
    static let answerBytes = [60, 118, 75]

    private static let leastPatience = 1.0
    private static let lastFlightSendings = 4

    private(set) var isUp = false
    /// Handshakes begun.
    private(set) var attempts = 0
    /// The shortest and the longest round trip that were seen, seconds.
    private(set) var roundTrips: ClosedRange<Double>?
    /// When `timerFired` is due, seconds.
    private(set) var wakeAt: Double?

    private var flight = 0
    private var sentAt: [Double] = []
    /// Seconds until the flight is sent again for the first time.
    private var retransmit = 1.0
    private var wait = 1.0
    private var isCopyNext = false
    private var endsAt: Double?

    mutating func start(now: Double) -> Datagram {
        attempts += 1
        return begin(flight: 0, now: now)
    }

    private mutating func begin(flight next: Int, now: Double) -> Datagram {
        flight = next
        sentAt = [now]
        wait = retransmit
        isCopyNext = false
        endsAt = nil
        wakeAt = now + wait
        return current
    }

    private var current: Datagram { Datagram(attempt: attempts, flight: flight, sending: sentAt.count - 1) }

    /// The next flight, if this was the answer to the one before.
    mutating func receive(_ answer: Datagram, now: Double) -> Datagram? {
        guard !isUp, answer.attempt == attempts, answer.flight == flight else { return nil }
        // The last flight's answer does not say which sending it is for.
        if flight < 2 || sentAt.count == 1 {
            let roundTrip = now - sentAt[answer.sending]
            retransmit = min(max(roundTrip * 1.5, 0.05), 30)
            let known = roundTrips ?? roundTrip...roundTrip
            roundTrips = min(known.lowerBound, roundTrip)...max(known.upperBound, roundTrip)
        } else {
            retransmit = max(retransmit, min((now - sentAt[0]) * 1.5, 30))
        }
        guard flight == 2 else { return begin(flight: flight + 1, now: now) }
        isUp = true
        wakeAt = nil
        return nil
    }

    /// The flight once more, or the first one of another handshake.
    mutating func timerFired(now: Double) -> Datagram? {
        guard let due = wakeAt, due <= now, !isUp else { return nil }
        if let endsAt, endsAt <= now {
            // Begins again within its own measured time.
            return start(now: now)
        }
        sentAt.append(now)
        // The waits double; halfway through each but the first the flight goes out once more.
        if isCopyNext {
            isCopyNext = false
        } else {
            wait = min(wait * 2, 60)
            isCopyNext = true
        }
        wakeAt = now + wait / 2
        if flight == 2, sentAt.count == Self.lastFlightSendings + min(attempts - 1, 4) {
            endsAt = max(now + retransmit, sentAt[0] + Self.leastPatience)
        }
        if let endsAt { wakeAt = min(now + wait / 2, endsAt) }
        return current
    }
}
