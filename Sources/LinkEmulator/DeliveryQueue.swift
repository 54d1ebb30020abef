/// What is on the way, in the order in which it arrives; what arrives at the same time stays in the order of sending.
///
/// A binary heap in an array: adding and taking cost O(log n), and nothing is allocated once it has grown. Inlinable,
/// because an unspecialized heap would be the slowest part of a simulation.
public struct DeliveryQueue<Element> {
    @usableFromInline
    struct Entry {
        @usableFromInline var time: Duration
        @usableFromInline var order: UInt64
        @usableFromInline var element: Element

        @inlinable
        init(time: Duration, order: UInt64, element: Element) {
            self.time = time
            self.order = order
            self.element = element
        }

        @inlinable
        func isBefore(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    @usableFromInline var heap: [Entry] = []
    @usableFromInline var nextOrder: UInt64 = 0

    /// An empty queue.
    @inlinable
    public init() {}

    /// - Parameter minimumCapacity: Elements to hold without allocating again.
    @inlinable
    public init(minimumCapacity: Int) {
        heap.reserveCapacity(minimumCapacity)
    }

    /// Whether nothing is on its way.
    @inlinable
    public var isEmpty: Bool { heap.isEmpty }
    /// Elements on their way.
    @inlinable
    public var count: Int { heap.count }

    /// When the next element arrives.
    @inlinable
    public var nextTime: Duration? { heap.first?.time }

    /// Adds an element that arrives at `time`; elements of the same time keep their order.
    @inlinable
    public mutating func add(_ element: Element, at time: Duration) {
        heap.append(Entry(time: time, order: nextOrder, element: element))
        nextOrder &+= 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the next element if it has arrived by `now`.
    @inlinable
    public mutating func next(by now: Duration) -> Element? {
        guard let first = heap.first, first.time <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in (2 * parent + 1)..<(2 * parent + 3) where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            guard least != parent else { return first.element }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    /// Forgets everything on the way.
    @inlinable
    public mutating func removeAll() {
        heap.removeAll(keepingCapacity: true)
    }
}

extension DeliveryQueue: Sendable where Element: Sendable {}
extension DeliveryQueue.Entry: Sendable where Element: Sendable {}
