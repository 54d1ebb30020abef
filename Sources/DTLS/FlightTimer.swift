/// The round trip that a client's handshake shows, and the retransmission time that follows from it
/// (RFC 9147 § 5.8.2, which DTLS 1.2 may follow as well).
///
/// A server answers a ClientHello under the record sequence number that it came with (RFC 6347 § 4.2.1), so that the
/// answers to a hello that was sent several times tell which of them they are for. The last flight has no such mark;
/// there Karn's rule holds: what was sent more than once measures nothing.
package struct FlightTimer {
    /// Below this, the peer's own time and the timer's grain are all that would be measured.
    package static let shortestRetransmit = Duration.milliseconds(50)
    package static let longestRetransmit = Duration.seconds(30)
    /// Sendings of one flight that are remembered.
    package static let maximumSendings = 16

    private struct Sending {
        var sequence: UInt64
        var time: Duration
        /// A second copy under the same number.
        var isRepeated: Bool
    }

    /// How long the next flight waits before it is sent again for the first time.
    package private(set) var retransmit: Duration
    /// The shortest and the longest round trip seen.
    package private(set) var roundTrips: ClosedRange<Duration>?
    private var sendings: [Sending] = []

    package init(initialRetransmit: Duration) {
        retransmit = initialRetransmit
    }

    /// A new flight leaves.
    ///
    /// - Parameters:
    ///   - sequence: of the record that it begins with.
    ///   - now: any clock that never goes backwards.
    package mutating func sent(sequence: UInt64, at now: Duration) {
        sendings.removeAll(keepingCapacity: true)
        repeated(sequence: sequence, at: now)
    }

    /// The flight that waits for its answer leaves once more.
    package mutating func repeated(sequence: UInt64, at now: Duration) {
        if let known = sendings.firstIndex(where: { $0.sequence == sequence }) {
            sendings[known].isRepeated = true
        } else if sendings.count < Self.maximumSendings {
            sendings.append(Sending(sequence: sequence, time: now, isRepeated: false))
        }
    }

    /// The first datagram of the peer's next flight is here.
    ///
    /// - Parameters:
    ///   - sequence: of the hello that it answers, if it says so.
    ///   - now: as in `sent`.
    package mutating func answered(sequence: UInt64?, at now: Duration) {
        guard let first = sendings.first else { return }
        defer { sendings.removeAll(keepingCapacity: true) }
        let marked = sequence.flatMap { sequence in sendings.first { $0.sequence == sequence } }
        if let sending = marked ?? (sendings.count == 1 ? first : nil), !sending.isRepeated {
            let elapsed = max(.zero, now - sending.time)
            retransmit = Self.retransmit(for: elapsed)
            roundTrips =
                roundTrips.map { min($0.lowerBound, elapsed)...max($0.upperBound, elapsed) } ?? elapsed...elapsed
        } else {
            // No longer than since the first, at least: the next flight waits for that.
            retransmit = max(retransmit, Self.retransmit(for: now - first.time))
        }
    }

    /// One and a half round trips, within bounds.
    static func retransmit(for roundTrip: Duration) -> Duration {
        // Bounded first: any Duration may come in.
        min(max(min(roundTrip, longestRetransmit) * 3 / 2, shortestRetransmit), longestRetransmit)
    }
}
