/// The round trip that a client's handshake shows, and the retransmission time that follows from it
/// (RFC 9147 § 5.8.2, which DTLS 1.2 may follow as well).
///
/// Karn's rule: a flight that was sent more than once measures nothing, as its answer may be to either copy. It bounds
/// the round trip from above, though, and the next flight waits that long.
package struct FlightTimer {
    /// Below this, the peer's own time and the timer's grain are all that would be measured.
    package static let shortestRetransmit = Duration.milliseconds(50)
    package static let longestRetransmit = Duration.seconds(30)

    /// How long the next flight waits before it is sent again for the first time.
    package private(set) var retransmit: Duration
    /// The shortest round trip of a flight that was sent once.
    package private(set) var roundTrip: Duration?
    private var firstSent: Duration?
    private var isRepeated = false

    package init(initialRetransmit: Duration) {
        retransmit = initialRetransmit
    }

    /// A new flight leaves.
    package mutating func sent(at now: Duration) {
        firstSent = now
        isRepeated = false
    }

    /// The flight that waits for its answer leaves once more.
    package mutating func repeated() {
        isRepeated = true
    }

    /// The first datagram of the peer's next flight is here.
    package mutating func answered(at now: Duration) {
        guard let firstSent else { return }
        self.firstSent = nil
        let elapsed = max(.zero, now - firstSent)
        let suggested = Self.retransmit(for: elapsed)
        if isRepeated {
            retransmit = max(retransmit, suggested)
        } else {
            retransmit = suggested
            roundTrip = min(roundTrip ?? elapsed, elapsed)
        }
    }

    /// One and a half round trips, within bounds.
    package static func retransmit(for roundTrip: Duration) -> Duration {
        // Bounded first: any Duration may come in.
        min(max(min(roundTrip, longestRetransmit) * 3 / 2, shortestRetransmit), longestRetransmit)
    }
}
