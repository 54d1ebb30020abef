import ArgumentParser
import Foundation
import LinkEmulator

struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers",
        abstract: "In real time through coap-fw-link: our update, then coap-client-gnutls and aiocoap-client.",
        discussion: """
            Each cell of link and loss has a shim and a device of its own; the programs follow one another in it. \
            Cells run side by side, as all they do is wait. Prints a Markdown table.
            """
    )

    @Option(help: "Links: sat, nb-iot, mesh, lte.")
    var link: [LinkPreset] = [.mesh]

    @Option(help: "Loss each way, 0 to 0.5.")
    var loss: [Double] = [0, 0.05, 0.1, 0.2]

    @Option(help: "Size of the image in KiB.")
    var kib = 240

    @Option(help: "Seconds that a peer may take.")
    var timeout = 240.0

    @Option(help: "Where the links' randomness comes from.")
    var seed: UInt64 = 7

    @Option(help: "A file of firmware to make the image from.")
    var firmware: String

    @Option(help: "The aiocoap-client to measure.")
    var aiocoap = ".venv/bin/aiocoap-client"

    @Option(help: "Write the results as JSON to this file.")
    var stats: String?

    func validate() throws {
        guard loss.allSatisfy({ (0...0.5).contains($0) }) else { throw ValidationError("--loss must be 0 to 0.5.") }
        guard (2...1024).contains(kib) else { throw ValidationError("--kib must be 2 to 1024.") }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout must be 1 to 86400.") }
    }

    func run() throws {
        let field = try TestField(imageBytes: kib << 10, corpus: URL(fileURLWithPath: firmware))
        let cells = link.flatMap { preset in loss.map { (preset, $0) } }
        let results = Collected(cells.count)
        let group = DispatchGroup()
        for (index, (preset, loss)) in cells.enumerated() {
            let run = PeerRun(
                field: field,
                preset: preset,
                loss: loss,
                seed: seed,
                limitSeconds: timeout,
                aiocoap: URL(fileURLWithPath: aiocoap)
            )
            group.enter()
            // Threads, not a pool: each only waits.
            Thread.detachNewThread {
                results.set(index, Result { try run.run() })
                let end = "\(preset.rawValue) at \(Text.percent(loss)): done\n"
                FileHandle.standardError.write(Data(end.utf8))
                group.leave()
            }
        }
        FileHandle.standardError.write(Data("\(cells.count) cells, side by side\n".utf8))
        group.wait()
        let all = try results.all.map { try $0.get() }
        print(PeerResult.header)
        for result in all { print(result.line) }
        if let stats {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(all).write(to: URL(fileURLWithPath: stats), options: .atomic)
        }
    }
}

extension LinkPreset: ExpressibleByArgument {}

/// Results of cells that run side by side.
private final class Collected: @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Result<PeerResult, any Error>]

    init(_ count: Int) {
        results = Array(repeating: .failure(BenchError("not run")), count: count)
    }

    func set(_ index: Int, _ result: Result<PeerResult, any Error>) {
        lock.withLock { results[index] = result }
    }

    var all: [Result<PeerResult, any Error>] { lock.withLock { results } }
}
