import Foundation

/// What a test run may be told from outside.
enum TestEnvironment {
    /// `SEED=…`: the seed of the random tests; the default is fixed, so that runs are repeatable.
    static let seed = number("SEED") ?? 20_261_122

    /// `COAP_DIFFERENTIAL_COUNT=…`: datagrams compared with libcoap in one run.
    static let differentialCount = Int(number("COAP_DIFFERENTIAL_COUNT") ?? 1_000_000)

    /// `COAP_CORPUS=1`: print the shortest datagram of each kind that a differential run met, as lines for the corpus.
    static let collectsCorpus = number("COAP_CORPUS") == 1

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
}
