import Credentials
import HostSupport
import SeededRandom
import Testing

@Suite(.timeLimit(.minutes(15))) struct KeyTableTests {
    private static func table(_ entries: [(identity: [UInt8], key: [UInt8])]) throws -> KeyTable {
        let lines = entries.map { "#\(Hex.encode($0.identity)):\(Hex.encode($0.key))\n" }
        return KeyTable(try PSKFile(parsing: Array(lines.joined().utf8)))
    }

    @Test func anEmptyTableHoldsNothing() throws {
        let table = KeyTable(PSKFile())
        #expect(table.count == 0)
        #expect(table[try #require(PSKIdentity("a"))] == nil)
    }

    /// Identities and keys of all lengths, beside a dictionary.
    @Test(arguments: UInt64(1)...4) func holdsWhatTheFileHolds(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var known: [[UInt8]: [UInt8]] = [:]
        for _ in 0..<5_000 {
            let identity = (0..<Int.random(in: 1...128, using: &random)).map { _ in
                UInt8.random(in: 0...3, using: &random)
            }
            known[identity] = (0..<Int.random(in: 1...64, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
        }
        let table = try Self.table(known.map { ($0.key, $0.value) })
        #expect(table.count == known.count, "seed \(seed)")
        for (bytes, key) in known {
            let found = table[try #require(PSKIdentity(bytes: bytes))]
            #expect(found?.withBytes { Array($0) } == key, "seed \(seed)")
            // One byte more or less is another identity.
            let other = Array(bytes.dropLast())
            guard known[other] == nil, let identity = PSKIdentity(bytes: other) else { continue }
            #expect(table[identity] == nil, "seed \(seed)")
        }
    }

    @Test func tellsWhichAreGoneOrChanged() throws {
        let old = try Self.table([([1], [1]), ([2], [2]), ([3], [3]), ([1, 2], [4])])
        let new = try Self.table([([1], [1]), ([2], [9]), ([1, 2], [4, 4]), ([7], [7])])
        let bytes = old.identities(otherThanIn: new).map(\.bytes)
        #expect(Set(bytes) == [[2], [3], [1, 2]])
        #expect(old.identities(otherThanIn: old).isEmpty)
    }
}
