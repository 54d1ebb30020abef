import Endpoint
import TestSupport
import Testing

@Suite struct TableTests {
    /// The table against an array in order of use.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func recencyTableAgreesWithAnArray(seed: UInt64) {
        var generator = SplitMix(seed: seed)
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

    @Test func deadlinesComeInOrder() {
        var generator = SplitMix(seed: 7)
        var queue = DeadlineQueue<Int>()
        var dues: [Duration] = []
        for key in 0..<500 {
            let due = Duration.milliseconds(Int.random(in: 0..<1000, using: &generator))
            dues.append(due)
            #expect(queue.add(key, due: due) == UInt64(key + 1))
        }
        queue.removeAll { $0.key % 3 == 0 }
        var expected = dues.enumerated().filter { $0.offset % 3 != 0 }.map(\.element).sorted()[...]
        while let entry = queue.first {
            #expect(entry.due == expected.popFirst())
            queue.removeFirst()
        }
        #expect(expected.isEmpty)
        queue.removeFirst()
        #expect(queue.count == 0)
    }
}
