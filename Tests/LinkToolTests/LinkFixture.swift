import Foundation

/// A shim between a test's client and server sockets.
struct LinkFixture {
    let folder: TemporaryFolder
    let server: UDPSocket
    let client: UDPSocket
    let shim: RunningProgram
    let port: Int

    /// - Parameters:
    ///   - options: of the program.
    ///   - descriptors: how many files it may open; as many as the test unless told.
    /// - Throws: when it does not start.
    init(_ options: [String] = [], descriptors: Int? = nil) throws {
        folder = try TemporaryFolder()
        server = try UDPSocket()
        client = try UDPSocket()
        let arguments =
            ["--listen", "127.0.0.1:0", "--to", "127.0.0.1:\(server.port)", "--stats", folder.path("link.json")]
            + options
        if let descriptors {
            shim = try RunningProgram(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", "ulimit -n \(descriptors); exec \"$0\" \"$@\"", Programs.own("coap-fw-link").path] + arguments
            )
        } else {
            shim = try RunningProgram(Programs.own("coap-fw-link"), arguments)
        }
        port = try shim.listeningPort()
    }

    /// Ends the shim as its user does, and reads what it wrote.
    func finish() throws -> LinkReport {
        shim.send(signal: SIGTERM)
        let result = try shim.result(within: 60)
        guard result.succeeded else { throw ProgramError("status \(result.status): \(result.errorText)") }
        return try report()
    }

    func report() throws -> LinkReport {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(LinkReport.self, from: Data(contentsOf: folder.file("link.json")))
    }
}

/// The statistics file, as its readers see it.
struct LinkReport: Decodable {
    struct Link: Decodable {
        var rateBitsPerSecond: UInt64?
        var delayMs: Double
        var jitterMs: Double
        var loss: Double
        var burst: Double?
        var duplicate: Double
        var reorder: Double
        var corrupt: Double
        var queueBytes: Int
        var mtuBytes: Int
    }

    struct Clients: Decodable {
        var seen: Int
        var reaped: Int
        var refused: Int
        var rebinds: Int
        var strays: Int
    }

    struct Direction: Decodable, Equatable {
        struct Lost: Decodable, Equatable {
            var link: Int
            var queue: Int
            var mtu: Int
            var shim: Int
        }

        var datagrams: Int
        var bytes: Int
        var delivered: Int
        var deliveredBytes: Int
        var lost: Lost
        var lossBursts: Int
        var duplicated: Int
        var reordered: Int
        var overtaking: Int
        var corrupted: Int
        var queueMaximumBytes: Int
        var busyMs: Double
    }

    var seconds: Double
    var seed: UInt64
    var link: Link
    var clients: Clients
    var toServer: Direction
    var toClient: Direction
}
