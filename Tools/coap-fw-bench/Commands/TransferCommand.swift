import ArgumentParser
import Foundation

struct TransferCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transfer",
        abstract: "Block transfer over simulated links: goodput as a share of what the wire can carry.",
        discussion: """
            The device's own transfer engine, a server that answers at once, and a link with rate, delay, loss and a \
            queue, in virtual time. The same seeds give the same figures on every machine. The column `most` is \
            what a sender reaches that knows the link and each loss. Ends with 1 if a goal was missed that can be met.
            """
    )

    @Option(help: "Runs of every experiment, each with its own seed.")
    var seeds = 20

    @Option(help: "The first seed; the others follow.")
    var firstSeed: UInt64 = 1

    @Option(help: "Only these experiments: \(Experiment.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
    var experiment: [Experiment.Kind] = []

    @Option(help: "Only this link: sat, nb-iot, mesh or lte.")
    var link: String?

    @Flag(help: "The round trip is not known from a handshake: block 0 is asked for blindly.")
    var cold = false

    @Option(help: "Write the results as JSON to this file.")
    var stats: String?

    @Option(help: "Write a plot of goodput over loss to this file.")
    var svg: String?

    @Option(help: "Results of `peers` (JSON) to show in the plot.")
    var peers: String?

    @Option(help: "Write the tables of docs/measurements.md to this file.")
    var markdown: String?

    @Flag(help: "Say on standard error what is being run.")
    var progress = false

    func validate() throws {
        guard seeds > 0, seeds <= 100_000 else { throw ValidationError("--seeds must be 1 to 100000.") }
    }

    func run() throws {
        let kinds = experiment.isEmpty ? Experiment.Kind.allCases : experiment
        let experiments = kinds.flatMap { Experiment.all($0, isCold: cold) }
            .filter { link == nil || $0.scenario.name == link }
        guard !experiments.isEmpty else { throw ValidationError("There is no link '\(link ?? "")'.") }
        let measured = try peers.map { path in
            try JSONDecoder().decode([PeerResult].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        }
        var results: [ExperimentResult] = []
        var kind: Experiment.Kind?
        for one in experiments {
            if progress { FileHandle.standardError.write(Data("\(one.title)\n".utf8)) }
            let result = try one.run(seeds: firstSeed..<firstSeed + UInt64(seeds))
            if kind != one.kind {
                kind = one.kind
                print("\n\(one.kind.heading)\n\(ResultTable.header)")
            }
            print(ResultTable.line(result))
            results.append(result)
        }
        if let stats { try write(ResultJSON.text(results, seeds: seeds, firstSeed: firstSeed), to: stats) }
        if let svg { try write(GoodputPlot(results, peers: measured).text(), to: svg) }
        if let markdown { try write(MarkdownTables(results).text(), to: markdown) }
        let missed = results.filter { !$0.isMet }
        let outOfReach = missed.filter(\.isOutOfReach).count
        print(
            "\n\(results.count) experiments, \(seeds) seeds from \(firstSeed); goals missed: \(missed.count), "
                + "of which no client could reach \(outOfReach)"
        )
        for result in missed {
            print("  \(result.experiment.title)\(result.isOutOfReach ? ": out of reach" : "")")
        }
        if missed.count > outOfReach { throw ExitCode(1) }
    }

    private func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            FileHandle.standardError.write(
                Data("Cannot write \(path): \(error.localizedDescription). Choose a folder that exists.\n".utf8)
            )
            throw ExitCode(73)
        }
    }
}

extension Experiment.Kind: ExpressibleByArgument {}
