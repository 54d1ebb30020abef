import Foundation

/// Servers side by side, each with so many silent sessions, measured in turns.
final class ServerComparison {
    /// One server with its idle sessions, and what was seen of it.
    final class Cell {
        let peer: ServerPeer
        let idle: Int
        /// Answered requests a second, a figure for each round.
        var rates: [Double] = []
        /// Answered requests for each second of the server's processor time.
        var ratesPerProcessor: [Double] = []
        var serverShares: [Double] = []
        var generatorShares: [Double] = []
        var lost = 0
        var wrong = 0
        /// Handshakes for each second of the server's processor time; nil where there are too few to tell.
        var handshakesPerProcessor: Double?
        /// Resident bytes for each session; nil without idle sessions.
        var bytesPerSession: Double?
        /// Page faults for each handshake.
        var faultsPerHandshake: Double?
        /// Answered in the last turn, from which the next one's size follows.
        var lastRate = 5_000.0

        init(_ peer: ServerPeer, idle: Int) {
            self.peer = peer
            self.idle = idle
        }
    }

    private let folder: ServerPeer.Folder
    private(set) var cells: [Cell] = []
    private let window: Int

    /// More than all servers take for their sessions.
    private static let warmBytesPerSession = 24 << 10

    /// Starts the servers and opens their sessions.
    /// - Throws: ``BenchError``, `SocketError`, `DTLSError`.
    init(sessions: Int, idle: Int, active: Int, window: Int, payloadBytes: Int) throws {
        self.window = window
        folder = try ServerPeer.Folder(sessions: sessions + active, imageBytes: 256 << 10)
        ProcessMeter.warmMemory(bytes: (sessions + 4 * idle) * Self.warmBytesPerSession)
        let kinds: [(ServerPeer.Kind, Int)] = [
            (.ours(threads: 1), 0), (.libcoap, 0), (.ours(threads: 1), idle), (.libcoap, idle),
            (.ours(threads: 2), 0), (.ours(threads: 2), sessions),
        ]
        for (kind, idle) in kinds {
            let peer = try ServerPeer(kind, folder, payloadBytes: payloadBytes, sessions: idle + active)
            let cell = Cell(peer, idle: idle)
            // The first answers have memory taken that stays, which is no session's.
            try peer.generator.open(0..<active, keeping: active)
            try turn(cell, seconds: 0.1)
            if idle > 0 { try open(idle, beside: active, in: cell) }
            cells.append(cell)
        }
    }

    deinit { remove() }

    func remove() { folder.remove() }

    private func open(_ idle: Int, beside active: Int, in cell: Cell) throws {
        note("\(cell.peer.kind.name): \(idle) sessions")
        let meter = cell.peer.meter
        let memory = meter.residentBytes
        let faults = meter.pageFaults
        let time = meter.processorSeconds
        try cell.peer.generator.open(active..<(active + idle))
        cell.handshakesPerProcessor = Double(idle) / (meter.processorSeconds - time)
        cell.faultsPerHandshake = (meter.pageFaults - faults) / Double(idle)
        cell.bytesPerSession = (meter.residentBytes - memory) / Double(idle)
    }

    /// Measures every server `rounds` times, one after the other, there and back: those that are compared are
    /// neighbours, and none is always the first.
    /// - Throws: ``BenchError``, `SocketError`, `DTLSError`.
    func measure(rounds: Int, seconds: Double) throws {
        // What is not in memory and in the caches yet.
        for cell in cells { try turn(cell, seconds: seconds / 4) }
        for round in 1...rounds {
            for cell in round.isMultiple(of: 2) ? cells.reversed() : cells {
                try turn(cell, seconds: seconds, isMeasured: true)
            }
            note("round \(round) of \(rounds)")
        }
    }

    private func turn(_ cell: Cell, seconds: Double, isMeasured: Bool = false) throws {
        let count = max(64, Int(cell.lastRate * seconds))
        var volley = try cell.peer.generator.seal(count, for: cell.peer.target)
        let server = cell.peer.meter.processorSeconds
        let generator = ProcessMeter.own.processorSeconds
        let result = try volley.fire(through: cell.peer.generator, window: window)
        guard result.answered > 0 else { throw BenchError("\(cell.peer.kind.name) answers nothing") }
        cell.lastRate = result.rate
        guard isMeasured else { return }
        let used = cell.peer.meter.processorSeconds - server
        cell.rates.append(result.rate)
        if used > 0 { cell.ratesPerProcessor.append(Double(result.answered) / used) }
        cell.serverShares.append(used / result.seconds)
        cell.generatorShares.append((ProcessMeter.own.processorSeconds - generator) / result.seconds)
        cell.lost += result.lost
        cell.wrong += result.wrong
    }

    private func note(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
