/// Who holds how many of a table's entries: who holds the most, and the oldest of theirs. Everything takes the same
/// time however many entries and holders there are.
///
/// A holder's entries are in a list in the order of their coming; holders of as many entries are in a list of their
/// own.
package struct Shares<Holder: Hashable> {
    private struct Link {
        var holder: Int
        var older: Int
        var newer: Int
    }

    private struct Share {
        var holder: Holder
        var count = 0
        var oldest = none
        var newest = none
        // Among those that hold as many.
        var previous = none
        var next = none
    }

    private static var none: Int { -1 }

    /// By the entry's slot in the table.
    private var links: [Link] = []
    private var shares: [Share] = []
    private var free: [Int] = []
    private var indices: [Holder: Int] = [:]
    /// The first of those that hold so many.
    private var firstByCount: [Int] = [none]
    private var greatestCount = 0

    package init() {}

    /// Holders.
    package var count: Int { indices.count }

    /// Who holds the most, how many that are, and the slot of the oldest.
    package var greatest: (holder: Holder, count: Int, oldest: Int)? {
        guard greatestCount > 0 else { return nil }
        let share = shares[firstByCount[greatestCount]]
        return (share.holder, share.count, share.oldest)
    }

    /// How many entries are this holder's.
    package func count(of holder: Holder) -> Int {
        indices[holder].map { shares[$0].count } ?? 0
    }

    /// The slot of this holder's oldest entry.
    package func oldest(of holder: Holder) -> Int? {
        indices[holder].map { shares[$0].oldest }
    }

    /// An entry of this holder is in the table now. The slot must be free.
    package mutating func add(_ slot: Int, of holder: Holder) {
        let index = index(of: holder)
        while links.count <= slot { links.append(Link(holder: Self.none, older: Self.none, newer: Self.none)) }
        let newest = shares[index].newest
        links[slot] = Link(holder: index, older: newest, newer: Self.none)
        if newest == Self.none { shares[index].oldest = slot } else { links[newest].newer = slot }
        shares[index].newest = slot
        move(index, by: 1)
    }

    /// The entry leaves the table.
    package mutating func remove(_ slot: Int) {
        guard links.indices.contains(slot), links[slot].holder != Self.none else { return }
        let link = links[slot]
        links[slot].holder = Self.none
        if link.older == Self.none {
            shares[link.holder].oldest = link.newer
        } else {
            links[link.older].newer = link.newer
        }
        if link.newer == Self.none {
            shares[link.holder].newest = link.older
        } else {
            links[link.newer].older = link.older
        }
        move(link.holder, by: -1)
        if shares[link.holder].count == 0 {
            indices[shares[link.holder].holder] = nil
            free.append(link.holder)
        }
    }

    private mutating func index(of holder: Holder) -> Int {
        if let index = indices[holder] { return index }
        let index: Int
        if let reused = free.popLast() {
            shares[reused] = Share(holder: holder)
            index = reused
        } else {
            index = shares.count
            shares.append(Share(holder: holder))
        }
        indices[holder] = index
        return index
    }

    /// Puts a holder among those that hold one more or one less.
    private mutating func move(_ index: Int, by change: Int) {
        let share = shares[index]
        if share.count > 0 {
            if share.previous == Self.none {
                firstByCount[share.count] = share.next
            } else {
                shares[share.previous].next = share.next
            }
            if share.next != Self.none { shares[share.next].previous = share.previous }
        }
        let count = share.count + change
        shares[index].count = count
        shares[index].previous = Self.none
        shares[index].next = Self.none
        if count > 0 {
            while firstByCount.count <= count { firstByCount.append(Self.none) }
            let next = firstByCount[count]
            shares[index].next = next
            if next != Self.none { shares[next].previous = index }
            firstByCount[count] = index
        }
        if count > greatestCount {
            greatestCount = count
        } else if share.count == greatestCount, firstByCount[greatestCount] == Self.none {
            // This one holds one less now, so nobody is between.
            greatestCount -= 1
        }
    }
}
