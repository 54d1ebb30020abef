/// A dictionary that knows the order in which its entries were last used. Everything takes the same time however
/// many entries there are: a list runs through the slots.
package struct RecencyTable<Key: Hashable, Value> {
    /// Where an entry is, until it is removed.
    package struct Slot: Equatable {
        package let index: Int

        package init(index: Int) { self.index = index }

        /// Nothing is there.
        package static var none: Slot { Slot(index: -1) }
    }

    private struct Entry {
        var key: Key
        var value: Value
        var older: Int
        var newer: Int
    }

    private static var none: Int { -1 }

    private var slots: [Key: Int] = [:]
    private var entries: [Entry?] = []
    private var free: [Int] = []
    private var oldestIndex = none
    private var newestIndex = none

    package init() {}

    package var count: Int { slots.count }

    /// Entries that there is room for.
    package var capacity: Int { entries.capacity }

    package var isEmpty: Bool { slots.isEmpty }

    /// The entry that has not been used for the longest time.
    package var oldest: Slot? { oldestIndex == Self.none ? nil : Slot(index: oldestIndex) }

    /// All keys, in no order.
    package var keys: some Sequence<Key> { slots.keys }

    package func slot(of key: Key) -> Slot? {
        guard let index = slots[key] else { return nil }
        return Slot(index: index)
    }

    package func key(at slot: Slot) -> Key? {
        slot.index >= 0 ? entries[slot.index]?.key : nil
    }

    /// The value in a slot; nil if the entry is gone.
    package subscript(slot: Slot) -> Value? {
        get { slot.index >= 0 ? entries[slot.index]?.value : nil }
        set {
            guard let newValue, slot.index >= 0 else { return }
            entries[slot.index]?.value = newValue
        }
    }

    /// Puts an entry in as the one used last. An entry with this key that is there already is replaced.
    @discardableResult
    package mutating func insert(_ value: Value, for key: Key) -> Slot {
        remove(key)
        let entry = Entry(key: key, value: value, older: newestIndex, newer: Self.none)
        let index: Int
        if let reused = free.popLast() {
            index = reused
            entries[index] = entry
        } else {
            index = entries.count
            entries.append(entry)
        }
        link(index)
        slots[key] = index
        return Slot(index: index)
    }

    /// Makes the entry the one used last.
    package mutating func touch(_ slot: Slot) {
        guard slot.index >= 0, slot.index != newestIndex, entries[slot.index] != nil else { return }
        unlink(slot.index)
        entries[slot.index]?.older = newestIndex
        entries[slot.index]?.newer = Self.none
        link(slot.index)
    }

    @discardableResult
    package mutating func remove(_ key: Key) -> Value? {
        guard let index = slots.removeValue(forKey: key) else { return nil }
        unlink(index)
        let value = entries[index]?.value
        entries[index] = nil
        free.append(index)
        return value
    }

    /// Joins an entry whose `older` is set to the new end of the list.
    private mutating func link(_ index: Int) {
        if newestIndex == Self.none {
            oldestIndex = index
        } else {
            entries[newestIndex]?.newer = index
        }
        newestIndex = index
    }

    private mutating func unlink(_ index: Int) {
        guard let entry = entries[index] else { return }
        if entry.older == Self.none {
            oldestIndex = entry.newer
        } else {
            entries[entry.older]?.newer = entry.newer
        }
        if entry.newer == Self.none {
            newestIndex = entry.older
        } else {
            entries[entry.newer]?.older = entry.older
        }
    }
}
