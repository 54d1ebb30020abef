import DTLS

/// When answers to hellos are sent again by themselves: RFC 6347 § 4.2.4 has both sides do so, and clients that double
/// their waits gain much by it. Five times, after one, two, four, eight and sixteen times the first wait.
///
/// A queue for each of the five, in which everything waits as long, is in order by itself. The queues name handshakes
/// and hold none: most are over long before their answer would be sent again.
struct Repetitions {
    struct Entry {
        var due: Duration
        let address: PeerAddress
        /// Of the handshake, see ``VerifiedHello``.
        let fingerprint: Int
    }

    private struct Queue {
        var entries: [Entry] = []
        var first = 0

        mutating func removeFirst() {
            first += 1
            // What has gone is let go of now and then, so that each is moved once or so.
            if first > 64, first * 2 > entries.count {
                entries.removeFirst(first)
                first = 0
            }
        }
    }

    private var queues = [Queue](repeating: Queue(), count: 5)
    private let wait: Duration

    init(wait: Duration) {
        self.wait = wait
    }

    /// When the next is due.
    var due: Duration? {
        queues.compactMap { $0.first < $0.entries.count ? $0.entries[$0.first].due : nil }.min()
    }

    /// An answer was sent for the first time.
    mutating func add(_ handshake: ServerHandshake, of address: PeerAddress, now: Duration) {
        queues[0].entries.append(Entry(due: now + wait, address: address, fingerprint: handshake.fingerprint))
    }

    /// What is due, if `awaitsLastFlight` says so of its handshake; it waits on for its next time.
    mutating func next(now: Duration, _ awaitsLastFlight: (Entry) -> ServerHandshake?) -> (Entry, ServerHandshake)? {
        for index in queues.indices {
            while queues[index].first < queues[index].entries.count {
                var entry = queues[index].entries[queues[index].first]
                guard entry.due <= now else { break }
                queues[index].removeFirst()
                guard let handshake = awaitsLastFlight(entry) else { continue }
                if index + 1 < queues.count {
                    entry.due = now + wait * (2 << index)
                    queues[index + 1].entries.append(entry)
                }
                return (entry, handshake)
            }
        }
        return nil
    }
}
