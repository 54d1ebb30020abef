import LinkEmulator
import SeededRandom
import Testing

@Suite(.timeLimit(.minutes(15))) struct DeliveryQueueTests {
    @Test func takesInOrderOfTimeThenOfSending() {
        var queue = DeliveryQueue<Int>()
        var generator = SplitMix64(seed: 42)
        var expected: [(time: Int, order: Int)] = []
        for order in 0..<2000 {
            let time = Int(generator.next() % 300)
            queue.add(order, at: .milliseconds(time))
            expected.append((time, order))
        }
        expected.sort { $0 < $1 }
        #expect(queue.count == 2000)
        var taken: [Int] = []
        for now in 0..<300 {
            while let element = queue.next(by: .milliseconds(now)) { taken.append(element) }
        }
        #expect(taken == expected.map(\.order))
        #expect(queue.isEmpty)
        #expect(queue.nextTime == nil)
    }

    @Test func nothingComesEarly() {
        var queue = DeliveryQueue<String>(minimumCapacity: 4)
        queue.add("late", at: .seconds(2))
        queue.add("early", at: .seconds(1))
        #expect(queue.next(by: .milliseconds(999)) == nil)
        #expect(queue.nextTime == .seconds(1))
        #expect(queue.next(by: .seconds(1)) == "early")
        #expect(queue.next(by: .seconds(1)) == nil)
        queue.removeAll()
        #expect(queue.next(by: .seconds(9)) == nil)
    }
}
