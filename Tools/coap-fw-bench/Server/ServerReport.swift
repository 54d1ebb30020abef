/// The figures of a comparison of servers, and whether they are as good as is asked.
struct ServerReport {
    struct Figures: Codable {
        var server: String
        var idleSessions: Int
        /// Median, least and greatest of the rounds.
        var requestsPerSecond: [Double]
        var requestsPerProcessorSecond: Double?
        var serverProcessorShare: Double
        var generatorProcessorShare: Double
        var lost: Int
        var wrong: Int
        var handshakesPerProcessorSecond: Double?
        var kibibytesPerSession: Double?
        var pageFaultsPerHandshake: Double?
    }

    /// A ratio of two cells of the same run, and the least that is asked.
    ///
    /// Judged is what a second of the server's processor time does: where other programs take processor time as well,
    /// the ratio of the clock's seconds says more of them than of the servers.
    struct Goal {
        var text: String
        var byProcessor: Double
        var byClock: Double
        var least: Double

        var isMet: Bool { byProcessor >= least }
        var line: String {
            let values = [byProcessor, byClock, least].map { Text.fixed($0, 2) }
            return "| \(text) | \(values[0]) | \(values[1]) | ≥ \(values[2]) | \(isMet ? "yes" : "**no**") |"
        }
    }

    let figures: [Figures]
    let goals: [Goal]
    private let conditions: String

    /// - Parameters:
    ///   - cells: in the order in which ``ServerComparison`` makes them.
    ///   - payloadBytes: of an answer.
    ///   - active: sessions that send requests.
    ///   - window: requests that each has in flight.
    init(cells: [ServerComparison.Cell], payloadBytes: Int, active: Int, window: Int) {
        figures = cells.map { cell in
            Figures(
                server: cell.peer.kind.name,
                idleSessions: cell.idle,
                requestsPerSecond: [cell.rates.median, cell.rates.min() ?? .nan, cell.rates.max() ?? .nan],
                requestsPerProcessorSecond: cell.ratesPerProcessor.isEmpty ? nil : cell.ratesPerProcessor.median,
                serverProcessorShare: cell.serverShares.median,
                generatorProcessorShare: cell.generatorShares.median,
                lost: cell.lost,
                wrong: cell.wrong,
                handshakesPerProcessorSecond: cell.handshakesPerProcessor,
                kibibytesPerSession: cell.bytesPerSession.map { $0 / 1024 },
                pageFaultsPerHandshake: cell.faultsPerHandshake
            )
        }
        // Ratios within a round, so that a slow moment of the machine falls on both.
        func goal(_ text: String, _ over: Int, _ under: Int, _ least: Double) -> Goal {
            func ratio(_ figures: (ServerComparison.Cell) -> [Double]) -> Double {
                zip(figures(cells[over]), figures(cells[under])).map { $0 / $1 }.median
            }
            return Goal(
                text: text,
                byProcessor: ratio(\.ratesPerProcessor),
                byClock: ratio(\.rates),
                least: least
            )
        }
        goals = [
            goal("requests/s, no idle sessions: of libcoap's", 0, 1, 2),
            goal("requests/s, \(cells[2].idle) idle sessions: of libcoap's", 2, 3, 15),
            goal("requests/s, two threads, \(cells[5].idle) idle sessions: of those without", 5, 4, 0.95),
        ]
        conditions =
            "\(payloadBytes)-byte answers, \(active) active sessions with \(window) requests in flight each, "
            + "\(cells[0].rates.count) rounds."
    }

    /// A figure of one of our servers, and what is asked.
    struct Bound {
        var text: String
        var value: Double
        var asked: Double
        var isLeast: Bool

        var isMet: Bool { isLeast ? value >= asked : value <= asked }
        var line: String {
            let digits = asked.rounded() == asked ? 0 : 1
            return "| \(text) | \(Text.fixed(value, digits)) | \(isLeast ? "≥" : "≤") \(Text.fixed(asked, digits)) "
                + "| \(isMet ? "yes" : "**no**") |"
        }
    }

    /// Handshakes beside few sessions, and memory beside few and many.
    var bounds: [Bound] {
        let (few, many) = (figures[2], figures[5])
        return [
            Bound(
                text: "handshakes per processor second, \(few.idleSessions) sessions",
                value: few.handshakesPerProcessorSecond ?? .nan,
                asked: 22_000,
                isLeast: true
            )
        ]
            + [few, many].map {
                Bound(
                    text: "KiB per session, \($0.idleSessions) sessions",
                    value: $0.kibibytesPerSession ?? .nan,
                    asked: 15.1,
                    isLeast: false
                )
            }
    }

    var isGood: Bool {
        goals.allSatisfy(\.isMet) && bounds.allSatisfy(\.isMet) && figures.allSatisfy { $0.wrong == 0 }
    }

    var markdown: String {
        var lines = [
            conditions, "",
            "| server | idle sessions | requests/s (least–most) | for each s of its processor time | "
                + "processors: server, generator "
                + "| lost | handshakes for each s of its processor time | page faults each | memory per session |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for row in figures {
            let rates = row.requestsPerSecond.map { Text.fixed($0, 0) }
            lines.append(
                "| \(row.server) | \(row.idleSessions) | \(rates[0]) (\(rates[1])–\(rates[2])) "
                    + "| \(row.requestsPerProcessorSecond.map { Text.fixed($0, 0) } ?? "") "
                    + "| \(Text.fixed(row.serverProcessorShare, 2)), \(Text.fixed(row.generatorProcessorShare, 2)) "
                    + "| \(row.lost) | \(row.handshakesPerProcessorSecond.map { Text.fixed($0, 0) } ?? "") "
                    + "| \(row.pageFaultsPerHandshake.map { Text.fixed($0, 1) } ?? "") "
                    + "| \(row.kibibytesPerSession.map { Text.fixed($0, 1) + " KiB" } ?? "") |"
            )
        }
        lines += [
            "", "| ratio of the same rounds | per processor second | per second | asked | met |",
            "|---|---|---|---|---|",
        ]
        lines += goals.map(\.line)
        lines += ["", "| one server | seen | asked | met |", "|---|---|---|---|"] + bounds.map(\.line)
        return lines.joined(separator: "\n")
    }
}

extension [Double] {
    /// Nan of nothing.
    var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
