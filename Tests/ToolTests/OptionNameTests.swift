import Foundation
import Testing

/// The options of all programs, as their `--help` has them: one name for one meaning.
@Suite(.timeLimit(.minutes(1))) struct OptionNameTests {
    struct Option: Hashable {
        var program: String
        var name: String
        var takesValue: Bool
        var help: String
    }

    /// What an option means wherever it is there. Whoever adds one looks here first whether its meaning has a name.
    static let meanings = """
        active: sessions of a benchmark that send requests
        aiocoap: path of aiocoap-client
        all: every product
        alone: without other programs beside it
        attempts: connections tried in a row
        binary: firmware before it is an image
        block-size: bytes of a block
        burst: mean run of lost datagrams
        change: properties of the link from a time on
        clients: honest clients of a benchmark
        cold: nothing is known of the path
        config: file with options
        corpus: folder with firmware
        corrupt: probability that a byte is changed
        count: how many are made
        cut: one power cut
        cuts: power cuts in a row
        delay: of the link, one way
        detools: path of detools
        duplicate: probability that a datagram arrives twice
        erased-value: of flash
        expected-rtt: round trip before it is measured
        experiment: which parts of a benchmark of transfers
        firmware: file that a benchmark transfers
        first-seed: of several
        flash: a device's flash file
        force: does what is doubtful
        force-older: releases below what is released
        force-short-key: takes keys below 16 bytes
        geometry: which flash, of those of a benchmark
        handshake-timeout: seconds for one handshake
        handshakes: in progress at a time
        header-size: bytes before the binary
        health-check: command that judges a trial
        health-timeout: time for that command
        identities: in a benchmark's key file
        identity: the device's PSK identity
        idle: sessions of a benchmark that send nothing
        idle-time: seconds until a silent session ends
        image: a signed image
        images: folder with the releases
        interval: between two polls
        jitter: further delay of the link
        jitter-shape: its distribution
        json: prints JSON
        keep-old: time for which a replaced key is good
        keep-order: jitter does not reorder
        key: file with a signing key or its public half
        key-file: file with a pre-shared key
        key-hex: a pre-shared key
        kib: size of a benchmark's image
        leg: part of an exploration
        link: which link, of those of a benchmark
        listen: address for clients
        listen-plain: address for clients without DTLS
        log-level: least level that is logged
        loss: probability that a datagram is lost
        markdown: file for tables
        minutes: until a benchmark ends
        mtu: bytes of the largest packet
        no-files: leaves files alone
        no-goals: does not judge figures
        only: replaces instead of adding
        out: file that is made
        package: folder of a package
        part: which part, of those of a benchmark or of flash
        payload: bytes of an answer
        payload-size: largest that is served, KiB
        peers: figures of other programs
        pid: product ID
        prefix: of names
        preset: a known link
        probe: what is called after a cut
        progress: says what is being done
        psk: file with pre-shared keys
        queue: bytes that wait for the link
        rate: of the link, bits per second
        rebind-every: time between new ports
        reboot: when the device may reboot
        reorder: probability that a datagram is passed
        require-rights: does not start without rights
        retry: takes what was refused
        rotation: file with an order of rotation
        rounds: turns of each server
        runs: of each experiment in real time
        scale: of the attacks' rates
        scenario: which scenario of power cuts
        second-every: share of recoveries that are cut
        seconds: how long a benchmark lasts
        sector-size: bytes of a sector
        sectors: how many sectors
        security-counter: of an image
        seed: of all chances
        seeds: how many, one for each run
        server: the server's address
        sessions: that are kept
        sessions-per-identity: of them, for one identity
        sessions-per-source: of them, for one address
        set: number of a set of keys
        settle: seconds of rest before a last look
        show-keys: prints keys
        slot: which slot
        stats: file for figures as JSON
        svg: file for a picture
        tears: of each kind
        threads: at a time
        timeout: seconds for all of it
        to: where what comes in goes
        trial-timeout: time for a trial
        trust: file with a public key that the device trusts
        type: of a key
        updates: further rows of updates
        verbose: logs everything
        version: of a release
        window: requests in flight
        write-alignment: bytes that are written at once
        """

    private func options() throws -> Set<Option> {
        let workshop = try Workshop()
        var found: Set<Option> = []
        for program in ["server", "client", "tool", "link", "bench"].map({ "coap-fw-\($0)" }) {
            let help = try workshop.run(["--experimental-dump-help"], of: program)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(help.output.utf8)) as? [String: Any])
            collect(try #require(object["command"] as? [String: Any]), program, &found)
        }
        return found
    }

    private func collect(_ command: [String: Any], _ program: String, _ found: inout Set<Option>) {
        for argument in command["arguments"] as? [[String: Any]] ?? [] {
            let kind = argument["kind"] as? String
            let names = argument["names"] as? [[String: String]] ?? []
            guard kind != "positional", let name = names.first(where: { $0["kind"] == "long" })?["name"] else {
                continue
            }
            // Every program has these, from the library that parses its arguments.
            if name == "help" || name == "version" && kind == "flag" { continue }
            let help = argument["abstract"] as? String ?? ""
            found.insert(Option(program: program, name: name, takesValue: kind == "option", help: help))
        }
        for subcommand in command["subcommands"] as? [[String: Any]] ?? [] { collect(subcommand, program, &found) }
    }

    @Test func eachOptionHasOneMeaningAndEachMeaningOneOption() throws {
        var meanings: [String: String] = [:]
        for line in Self.meanings.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(parts.count == 2 && meanings[parts[0]] == nil, "\(line)")
            meanings[parts[0]] = parts[1]
        }
        let names = Set(try options().map(\.name))
        #expect(names.count > 100)
        #expect(names.subtracting(meanings.keys).sorted() == [], "options without a meaning")
        #expect(Set(meanings.keys).subtracting(names).sorted() == [], "meanings without an option")
        let groups = Dictionary(grouping: meanings.keys) { meanings[$0] ?? "" }
        #expect(groups.values.filter { $0.count > 1 } == [], "two spellings of one meaning")
    }

    @Test func whatHelpSaysInTheSameWordsHasOneName() throws {
        let groups = Dictionary(grouping: try options().filter { !$0.help.isEmpty }, by: \.help)
        for (help, options) in groups {
            #expect(Set(options.map(\.name)).count == 1, "\(help): \(options.map { "\($0.program) --\($0.name)" })")
        }
    }

    @Test func anOptionTakesAValueEverywhereOrNowhere() throws {
        for (name, options) in Dictionary(grouping: try options(), by: \.name) {
            #expect(Set(options.map(\.takesValue)).count == 1, "--\(name): \(Set(options.map(\.program)))")
        }
    }
}
