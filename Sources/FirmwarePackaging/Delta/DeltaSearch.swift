import Payload

/// Chooses the alignments: goes over the target once and keeps the cheapest few ways to have come here.
struct DeltaSearch {
    private let input: DeltaInput
    private let finder: MatchFinder
    /// How many ways are kept, and up to how many bits above the cheapest.
    let width: Int
    private let slack: Float = 50
    /// From how many of them others branch off.
    private let branchCount = 3

    init(_ input: DeltaInput, _ finder: MatchFinder, width: Int) {
        self.input = input
        self.finder = finder
        self.width = width
    }

    private struct Way {
        var cost: Float = 0
        var diagonal = 0
        var state = RunState()
        /// Bytes that the last step gave beyond the first.
        var ahead = 0
        var alignments = Alignments()
        /// Of the last jump; -1: none yet.
        var lastJump: Int32 = -1
    }

    private struct Branch {
        let jump: DeltaJump
        let before: Int32
    }

    /// The cheapest path by these prices.
    func path(_ prices: DeltaPrices) -> [DeltaJump] {
        let kinds = (0..<8).map { prices.price(tree: ModelLayout.kind, $0, bits: 3) }
        var branches: [Branch] = []
        var first = Way()
        if input.sourceCount > 0 { first.state.jumped(toOutput: false) }
        var ways = [first]
        var next: [Way] = []
        var origins: [(cost: Float, way: Way)] = []
        var candidates: [Int] = []
        for position in 0..<input.targetCount {
            next.removeAll(keepingCapacity: true)
            origins.removeAll(keepingCapacity: true)
            var cheapest = Float.infinity
            for way in ways {
                if advance(way, position, prices, &next) {
                    cheapest = min(cheapest, next[next.count - 1].cost)
                } else {
                    spell(way, position, prices, &next, &origins)
                    cheapest = min(cheapest, next[next.count - 1].cost)
                }
            }
            origins.sort { $0.cost < $1.cost }
            for (cost, way) in origins.prefix(branchCount) where cost < cheapest + 6 {
                finder.candidates(at: position, expected: position + way.alignments.source, into: &candidates)
                for index in 0..<Alignments.count { candidates.append(position + way.alignments[index]) }
                for place in candidates {
                    guard place >= 0, place < input.sourceCount + position,
                        !way.state.isAligned || place - position != way.diagonal,
                        var branch = self.branch(way, to: place, position, cost, prices, kinds)
                    else { continue }
                    let before = branch.lastJump
                    branch.lastJump = Int32(branches.count)
                    guard advance(branch, position, prices, &next) else { continue }
                    branches.append(
                        Branch(jump: DeltaJump(position: position, diagonal: branch.diagonal), before: before)
                    )
                }
            }
            keepBest(of: &next, in: &ways)
        }
        return Self.jumps(ways.min { $0.cost < $1.cost }, branches)
    }

    private static func jumps(_ way: Way?, _ branches: [Branch]) -> [DeltaJump] {
        var jumps: [DeltaJump] = []
        var at = way?.lastJump ?? -1
        while at >= 0 {
            jumps.append(branches[Int(at)].jump)
            at = branches[Int(at)].before
        }
        return jumps.reversed()
    }

    /// Of those with the same alignment the cheapest; of these the cheapest few.
    private func keepBest(of next: inout [Way], in ways: inout [Way]) {
        next.sort { $0.cost < $1.cost }
        ways.removeAll(keepingCapacity: true)
        let limit = (next.first?.cost ?? 0) + slack
        for way in next {
            if way.cost > limit || ways.count >= width { return }
            let isKnown = ways.contains {
                $0.state.isAligned == way.state.isAligned && $0.ahead == way.ahead
                    && (!way.state.isAligned || $0.diagonal == way.diagonal)
            }
            if !isKnown { ways.append(way) }
        }
    }

    /// Takes the next byte as predicted, if it is.
    private func advance(_ old: Way, _ position: Int, _ prices: DeltaPrices, _ next: inout [Way]) -> Bool {
        var way = old
        if way.ahead > 0 {
            way.ahead -= 1
            next.append(way)
            return true
        }
        let place = position + way.diagonal
        guard way.state.isAligned, place < input.sourceCount || way.state.isOutput else { return false }
        if let cost = itemCost(way, place, position, prices) {
            way.cost += cost
            way.ahead = 3
            way.state.hit(4)
            next.append(way)
            return true
        }
        guard input.joint[place] == input.joint[input.sourceCount + position] else { return false }
        way.cost += prices.price(way.state.missDecision(parity: position & 1), 0)
        way.state.hit(1)
        next.append(way)
        return true
    }

    /// What an address costs that the source has here and the target as well.
    private func itemCost(_ way: Way, _ place: Int, _ position: Int, _ prices: DeltaPrices) -> Float? {
        guard !way.state.isOutput, input.hasItem[place], position + 4 <= input.targetCount,
            let item = input.neighbourhood(of: place).item(input.header), way.diagonal & item.alignmentMask == 0
        else { return nil }
        guard let shift = item.shift(to: input.targetWord(at: position), input.header) else { return nil }
        let hint =
            item.kind == .ram
            ? 0 : hint(prices, Int(item.place)) ?? Int32(truncatingIfNeeded: -way.diagonal)
        let index = ModelLayout.slotCount + ModelLayout.item + RunBucket.of(way.state.run)
        if shift == hint { return prices.price(index, 0) }
        return prices.price(index, 1) + prices.price(ModelLayout.fix + (item.kind == .call ? 0 : 1), 1) + 8
    }

    private func hint(_ prices: DeltaPrices, _ place: Int) -> Int32? {
        let index = place / DeltaPrices.hintBytes
        return index < prices.hints.count ? prices.hints[index] : nil
    }

    /// Says the next byte in full; others may branch off before it.
    private func spell(
        _ old: Way,
        _ position: Int,
        _ prices: DeltaPrices,
        _ next: inout [Way],
        _ origins: inout [(cost: Float, way: Way)]
    ) {
        var way = old
        if way.state.isAligned, position + way.diagonal >= input.sourceCount, !way.state.isOutput { way.state.lost() }
        if way.state.isAligned {
            way.cost += prices.price(way.state.missDecision(parity: position & 1), 1)
            way.state.missed()
        }
        let jump = ModelLayout.jump + way.state.jumpIndex(parity: position & 1)
        origins.append((way.cost + prices.price(jump, 1), way))
        way.cost += prices.price(jump, 0) + prices.literals[position]
        way.state.literal()
        next.append(way)
    }

    /// The way that jumps to `place`.
    private func branch(
        _ way: Way,
        to place: Int,
        _ position: Int,
        _ cost: Float,
        _ prices: DeltaPrices,
        _ kinds: [Float]
    ) -> Way? {
        let diagonal = place - position
        let isOutput = place >= input.sourceCount
        let recent = way.alignments.index(of: diagonal)
        var branch = way
        branch.cost = cost
        if recent < Alignments.count {
            branch.cost += kinds[recent]
        } else if isOutput {
            let number = input.sourceCount - 1 - diagonal
            branch.cost += kinds[JumpKind.output] + prices.price(number: number, .distance)
        } else {
            let offset = diagonal - way.alignments.source
            branch.cost +=
                kinds[offset < 0 ? JumpKind.backward : JumpKind.forward]
                + prices.price(number: offset < 0 ? -1 - offset : offset, .offset)
        }
        branch.diagonal = diagonal
        branch.alignments.take(diagonal, isSource: !isOutput)
        branch.state.jumped(toOutput: isOutput)
        return branch
    }
}
