import Endpoint
import SeededRandom
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct TableTests {
    /// The table against an array in order of use.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func recencyTableAgreesWithAnArray(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var table = RecencyTable<Int, Int>()
        var model: [(key: Int, value: Int)] = []
        for step in 0..<3000 {
            let key = Int.random(in: 0..<30, using: &generator)
            let found = model.firstIndex { $0.key == key }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                table.insert(step, for: key)
                if let found { model.remove(at: found) }
                model.append((key, step))
            case 2:
                if let slot = table.slot(of: key) { table.touch(slot) }
                if let found { model.append(model.remove(at: found)) }
            default:
                let removed = table.remove(key)
                #expect(removed == found.map { model[$0].value })
                if let found { model.remove(at: found) }
            }
            #expect(table.count == model.count)
            #expect(table.oldest.flatMap { table.key(at: $0) } == model.first?.key, "seed \(seed) step \(step)")
            #expect(table.oldest.flatMap { table[$0] } == model.first?.value)
        }
        while let oldest = table.oldest, let key = table.key(at: oldest) {
            #expect(key == model.removeFirst().key)
            table.remove(key)
        }
        #expect(model.isEmpty && table.isEmpty)
    }

    /// Who holds the most, and the oldest of theirs, against counting.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func sharesAgreeWithCounting(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var shares = Shares<Int>()
        var model: [(slot: Int, holder: Int)] = []
        for step in 0..<4000 {
            let slot = Int.random(in: 0..<60, using: &generator)
            if let found = model.firstIndex(where: { $0.slot == slot }) {
                shares.remove(slot)
                model.remove(at: found)
            } else {
                let holder = Int.random(in: 0..<Int.random(in: 1...20, using: &generator), using: &generator)
                shares.add(slot, of: holder)
                model.append((slot, holder))
            }
            let counts = Dictionary(grouping: model, by: \.holder)
            #expect(shares.count == counts.count, "seed \(seed) step \(step)")
            #expect(shares.greatest?.count == counts.values.map(\.count).max(), "seed \(seed) step \(step)")
            if let greatest = shares.greatest {
                #expect(counts[greatest.holder]?.count == greatest.count, "seed \(seed) step \(step)")
                #expect(counts[greatest.holder]?.first?.slot == greatest.oldest, "seed \(seed) step \(step)")
                #expect(shares.oldest(of: greatest.holder) == greatest.oldest)
            }
        }
    }
}
