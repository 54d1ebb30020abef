import CDivSufSort
import Payload

/// Finds where the bytes at a place of the target occur before: the longest by suffix array, the nearest by index.
struct MatchFinder {
    private let joint: [UInt8]
    private let sourceCount: Int
    /// Suffixes in order, the place of each in that order, and how many bytes each has in common with the one before.
    private let suffixes: [Int32]
    private let ranks: [Int32]
    private let commons: [Int32]
    /// Places in the order of their first three bytes (hashed), then of place; where each stands; where those begin.
    private let gramPlaces: [Int32]
    private let gramRanks: [Int32]
    private let gramStarts: [Int32]

    private enum Limit {
        /// Shorter ones do not come from the suffix array.
        static let common = 4
        static let neighbours = 4
        static let suffixSteps = 24
        static let gramSteps = 48
        static let length = 32
    }

    init(_ input: DeltaInput) {
        joint = input.joint
        sourceCount = input.sourceCount
        // Without the places that are named: code that has moved is still the same.
        let masked = Self.masked(input)
        let count = masked.count
        var suffixes = [Int32](repeating: 0, count: count)
        if count > 0 {
            precondition(divsufsort(masked, &suffixes, Int32(count)) == 0, "divsufsort has no memory")
        }
        var ranks = [Int32](repeating: 0, count: count)
        for (rank, suffix) in suffixes.enumerated() { ranks[Int(suffix)] = Int32(rank) }
        commons = Self.commons(masked, suffixes, ranks)
        self.suffixes = suffixes
        self.ranks = ranks
        (gramPlaces, gramRanks, gramStarts) = Self.grams(input.joint)
    }

    private static func masked(_ input: DeltaInput) -> [UInt8] {
        var masked = input.joint
        guard input.header.isThumb else { return masked }
        for (start, count) in [(0, input.sourceCount), (input.sourceCount, input.targetCount)] {
            var offset = 0
            while offset + 4 <= count {
                let word = DeltaInput.word(input.joint, at: start + offset)
                let place = start + offset
                if ThumbCall.matches(word) {
                    masked.replaceSubrange(place..<place + 4, with: [0, 0xF0, 0, 0xF8])
                    offset += 4
                } else if offset & 3 == 0, AddressItem(pointer: word, at: offset, input.header) != nil {
                    masked.replaceSubrange(place..<place + 2, with: [0, 0xFE])
                    offset += 4
                } else {
                    offset += 2
                }
            }
        }
        return masked
    }

    /// Kasai's algorithm.
    private static func commons(_ bytes: [UInt8], _ suffixes: [Int32], _ ranks: [Int32]) -> [Int32] {
        var commons = [Int32](repeating: 0, count: bytes.count)
        var common = 0
        for place in bytes.indices {
            let rank = Int(ranks[place])
            guard rank > 0 else {
                common = 0
                continue
            }
            let other = Int(suffixes[rank - 1])
            while max(place, other) + common < bytes.count, bytes[place + common] == bytes[other + common] {
                common += 1
            }
            commons[rank] = Int32(common)
            common = max(0, common - 1)
        }
        return commons
    }

    /// A number for three bytes: 16 bits, so that others may have the same.
    private static func gram(_ bytes: [UInt8], _ place: Int) -> Int {
        let bytes = UInt32(bytes[place]) << 16 | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2])
        return Int((bytes &* 0x9E37_79B1) >> 16)
    }

    private static func grams(_ bytes: [UInt8]) -> (places: [Int32], ranks: [Int32], starts: [Int32]) {
        let count = max(0, bytes.count - 2)
        var starts = [Int32](repeating: 0, count: 1 << 16 + 1)
        for place in 0..<count { starts[gram(bytes, place) + 1] += 1 }
        for gram in 1..<starts.count { starts[gram] += starts[gram - 1] }
        var next = starts
        var places = [Int32](repeating: 0, count: count)
        var ranks = [Int32](repeating: 0, count: count)
        for place in 0..<count {
            let gram = gram(bytes, place)
            ranks[place] = next[gram]
            places[Int(next[gram])] = Int32(place)
            next[gram] += 1
        }
        return (places, ranks, starts)
    }

    /// Places in source and target, one behind the other, that may go on like the target at `position`; `expected` is
    /// where the source would go on.
    func candidates(at position: Int, expected: Int, into list: inout [Int]) {
        list.removeAll(keepingCapacity: true)
        let here = sourceCount + position
        addLongest(here, &list)
        guard here < gramRanks.count else { return }
        let first = Int(gramStarts[Self.gram(joint, here)])
        let rank = Int(gramRanks[here])
        addNearestOutput(here, first, rank, &list)
        // The nearest in the source to where it would go on.
        var low = first
        var high = rank
        while low < high {
            let middle = (low + high) / 2
            if Int(gramPlaces[middle]) < expected { low = middle + 1 } else { high = middle }
        }
        for index in max(first, low - 2)..<max(first, min(rank, low + 2)) where gramPlaces[index] < sourceCount {
            list.append(Int(gramPlaces[index]))
        }
    }

    private func addLongest(_ here: Int, _ list: inout [Int]) {
        let rank = Int(ranks[here])
        for step in [-1, 1] {
            var found = 0
            var at = rank
            var steps = 0
            while steps < Limit.suffixSteps, found < Limit.neighbours {
                let border = step < 0 ? at : at + 1
                guard border > 0, border < commons.count, commons[border] >= Limit.common else { break }
                at += step
                steps += 1
                guard Int(suffixes[at]) < here else { continue }
                list.append(Int(suffixes[at]))
                found += 1
            }
        }
    }

    /// The nearest in the output, and further away only longer ones.
    private func addNearestOutput(_ here: Int, _ first: Int, _ rank: Int, _ list: inout [Int]) {
        var best = 2
        var index = rank - 1
        while index >= first, index > rank - Limit.gramSteps {
            let place = Int(gramPlaces[index])
            guard place >= sourceCount else { return }
            var length = 0
            while length < Limit.length, here + length < joint.count, joint[place + length] == joint[here + length] {
                length += 1
            }
            if length > best {
                list.append(place)
                best = length
            }
            index -= 1
        }
    }
}
