/// Events in the order of their time; those of one time in the order in which they were added.
struct EventQueue<Event> {
    private struct Entry {
        var time: Duration
        var order: UInt64
        var event: Event
    }

    private var heap: [Entry] = []
    private var added: UInt64 = 0

    mutating func add(_ event: Event, at time: Duration) {
        heap.append(Entry(time: time, order: added, event: event))
        added += 1
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (time: Duration, event: Event)? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return (last.time, last.event) }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != parent else { break }
            heap.swapAt(least, parent)
            parent = least
        }
        return (first.time, first.event)
    }

    /// Gives every event the time that `time` returns for it.
    mutating func retime(_ time: (Duration, Event) -> Duration) {
        let entries = heap.sorted { ($0.time, $0.order) < ($1.time, $1.order) }
        heap = []
        for entry in entries { add(entry.event, at: time(entry.time, entry.event)) }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}
