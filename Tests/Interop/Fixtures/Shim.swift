import Foundation

/// coap-fw-link in front of a server.
struct Shim {
    struct Statistics: Decodable {
        struct Direction: Decodable {
            var delivered: Int
            var deliveredBytes: Int
        }

        struct Clients: Decodable {
            var rebinds: Int
        }

        var toServer: Direction
        var toClient: Direction
        var clients: Clients
    }

    private let folder: TemporaryFolder
    private let program: RunningProgram
    let port: Int

    init(to serverPort: Int, _ options: String...) throws {
        folder = try TemporaryFolder()
        program = try RunningProgram(
            Programs.own("coap-fw-link"),
            [
                "--listen", "127.0.0.1:0", "--to", "127.0.0.1:\(serverPort)", "--stats", folder.path("link.json"),
            ] + options
        )
        port = try program.listeningPort()
    }

    var secure: String { "coaps://127.0.0.1:\(port)" }

    /// Those at its end, which this is.
    func statistics() throws -> Statistics {
        program.send(signal: SIGTERM)
        guard try program.result(within: 10).succeeded else { throw ProgramError("\(program.name): \(program.log)") }
        return try read()
    }

    private func read() throws -> Statistics {
        try JSONDecoder.snakeCase.decode(Statistics.self, from: Data(contentsOf: folder.file("link.json")))
    }

    /// Asks for statistics until they are as wanted, as long as `traffic` runs.
    func wait(while traffic: RunningProgram, until isDone: (Statistics) -> Bool) throws {
        for _ in 0..<1200 {
            program.send(signal: SIGUSR1)
            guard !traffic.ends(within: 0.05) else { throw ProgramError("\(traffic.name) ended: \(traffic.log)") }
            if isDone(try read()) { return }
        }
        throw ProgramError("\(traffic.name) did not come that far: \(traffic.log)")
    }
}
