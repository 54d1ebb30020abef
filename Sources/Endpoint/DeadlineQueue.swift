/// When something is due, earliest first: a binary heap. An entry that is no longer wanted stays until its time and is
/// recognised by its ticket then.
package struct DeadlineQueue<Key> {
    package struct Entry {
        package let due: Duration
        package let key: Key
        package let ticket: UInt64
    }

    private var heap: [Entry] = []
    private var lastTicket: UInt64 = 0

    package init() {}

    package var count: Int { heap.count }

    /// The earliest entry.
    package var first: Entry? { heap.first }

    /// Adds an entry.
    /// - Returns: its ticket, which no other entry has.
    package mutating func add(_ key: Key, due: Duration) -> UInt64 {
        lastTicket += 1
        heap.append(Entry(due: due, key: key, ticket: lastTicket))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { break }
            heap.swapAt(child, parent)
            child = parent
        }
        return lastTicket
    }

    package mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].due < heap[least].due { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Drops the entries that are not wanted any more.
    package mutating func removeAll(where isStale: (Entry) -> Bool) {
        heap.removeAll(where: isStale)
        // An array in order is a heap.
        heap.sort { $0.due < $1.due }
    }
}
