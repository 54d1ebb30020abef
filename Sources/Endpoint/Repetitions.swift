import DTLS

/// When answers to hellos are sent again by themselves: RFC 6347 § 4.2.4 has both sides do so, and clients that double
/// their waits gain much by it. Five times, after one, two, four, eight and sixteen times the first wait.
///
/// A queue for each of the five, in which everything waits as long, is in order by itself.
struct Repetitions {
    struct Entry {
        let due: Duration
        let group: Handshake
        let handshake: ServerHandshake
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
    mutating func add(_ handshake: ServerHandshake, in group: Handshake, now: Duration) {
        queues[0].entries.append(Entry(due: now + wait, group: group, handshake: handshake))
    }

    /// What is due; it waits on for its next time.
    mutating func next(now: Duration) -> Entry? {
        for index in queues.indices {
            let queue = queues[index]
            guard queue.first < queue.entries.count, queue.entries[queue.first].due <= now else { continue }
            let entry = queue.entries[queue.first]
            queues[index].removeFirst()
            if index + 1 < queues.count, entry.handshake.awaitsLastFlight {
                queues[index + 1].entries.append(
                    Entry(due: now + wait * (2 << index), group: entry.group, handshake: entry.handshake)
                )
            }
            return entry
        }
        return nil
    }
}
