import CoAP
import Testing

@Suite("The codec against libcoap's coap_pdu_parse", .timeLimit(.minutes(15)))
struct DifferentialTests {
    /// Generated, mutated and truncated datagrams: 1 000 000, or `COAP_DIFFERENTIAL_COUNT`, from `SEED`.
    @Test func agreesWithLibcoap() throws {
        let libcoap = try #require(LibcoapParser())
        var source = DatagramGenerator(seed: TestEnvironment.seed)
        var tally = Tally()
        for round in 0..<TestEnvironment.differentialCount {
            let datagram = source.next()
            let comparison = Comparison(datagram, libcoap: libcoap)
            tally.count(comparison, datagram)
            if case .unexplained(let what) = comparison {
                Issue.record(
                    """
                    datagram \(round), \(what): \(hexText(datagram))
                    SEED=\(TestEnvironment.seed) COAP_DIFFERENTIAL_COUNT=\(TestEnvironment.differentialCount) \
                    swift test -c release --filter CoAPTests.DifferentialTests
                    """
                )
                return
            }
        }
        print("libcoap comparison, seed \(TestEnvironment.seed): \(tally.summary)")
        if TestEnvironment.collectsCorpus { tally.printCorpus() }
        // A comparison that never gets to one side of a decision proves nothing about it.
        if TestEnvironment.differentialCount >= 1_000_000 {
            #expect(tally.accepted > 200_000)
            #expect(tally.rejected > 200_000)
            for difference in KnownDifference.allCases {
                #expect(tally.known[difference, default: 0] > 100, "\(difference) was hardly met")
            }
        }
    }

    /// Datagrams that earlier runs singled out, with what both readers make of them.
    @Test(arguments: CorpusEntry.all)
    func replaysTheCorpus(_ entry: CorpusEntry) throws {
        let libcoap = try #require(LibcoapParser())
        let comparison = Comparison(hex(entry.datagram), libcoap: libcoap)
        #expect(comparison == entry.comparison)
        #expect(CorpusEntry.Verdict(hex(entry.datagram)) == entry.verdict)
    }

    /// A comparison that could not fail would be worth nothing: each part that is compared is seen to differ.
    @Test func noticesEveryDifference() throws {
        let libcoap = try #require(LibcoapParser())
        let parsed = hex("41 01 1234 aa b1 61 c1 06 ff 01")
        for (name, other) in [
            ("type", "51 01 1234 aa b1 61 c1 06 ff 01"),
            ("code", "41 02 1234 aa b1 61 c1 06 ff 01"),
            ("message ID", "41 01 1235 aa b1 61 c1 06 ff 01"),
            ("token", "41 01 1234 ab b1 61 c1 06 ff 01"),
            ("token", "42 01 1234 aaaa b1 61 c1 06 ff 01"),
            ("option number", "41 01 1234 aa 91 61 c1 06 ff 01"),
            ("option value", "41 01 1234 aa b1 62 c1 06 ff 01"),
            ("option value", "41 01 1234 aa b2 6161 c1 06 ff 01"),
            ("option that only libcoap sees", "41 01 1234 aa b1 61 ff 01"),
            ("option that libcoap does not see", "41 01 1234 aa b1 61 c1 06 50 ff 01"),
            ("payload", "41 01 1234 aa b1 61 c1 06 ff 02"),
            ("payload", "41 01 1234 aa b1 61 c1 06 ff 0101"),
            ("payload", "41 01 1234 aa b1 61 c1 06"),
        ] {
            #expect(libcoap.accepts(parsed))
            let bytes = hex(other)
            let difference = libcoap.difference(from: try MessageView(bytes.span.bytes))
            #expect(difference == name)
        }
        #expect(libcoap.accepts(hex("41 01 1234 aa")))
        let bytes = hex("41 01 1234 aa ff 01")
        let difference = libcoap.difference(from: try MessageView(bytes.span.bytes))
        #expect(difference == "payload that libcoap does not see")
    }
}

/// Counts of one differential run, and the shortest datagram of each kind.
private struct Tally {
    var accepted = 0
    var rejected = 0
    var known: [KnownDifference: Int] = [:]
    private var shortest: [String: [UInt8]] = [:]

    mutating func count(_ comparison: Comparison, _ datagram: [UInt8]) {
        switch comparison {
        case .bothAccept: accepted += 1
        case .bothReject: rejected += 1
        case .known(let difference): known[difference, default: 0] += 1
        case .unexplained: break
        }
        guard TestEnvironment.collectsCorpus else { return }
        let kind = "comparison: .\(comparison), verdict: .\(CorpusEntry.Verdict(datagram).kind)"
        if shortest[kind].map({ $0.count > datagram.count }) ?? true { shortest[kind] = datagram }
    }

    var summary: String {
        let differences = KnownDifference.allCases.map { "\($0) \(known[$0, default: 0])" }
        return (["both accept \(accepted)", "both reject \(rejected)"] + differences).joined(separator: ", ")
    }

    func printCorpus() {
        for (kind, datagram) in shortest.sorted(by: { $0.key < $1.key }) {
            print("CORPUS \(kind) \(CorpusEntry.Verdict(datagram)) \(hexText(datagram))")
        }
    }
}
