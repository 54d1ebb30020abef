import Foundation
import HostSupport
import LinkEmulator

/// The statistics file.
struct LinkReport: Encodable {
    var seconds: Double
    var seed: UInt64
    var link: Profile
    var clients: Clients
    var toServer: Direction
    var toClient: Direction

    struct Profile: Encodable {
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

    struct Clients: Encodable {
        /// Client addresses seen.
        var seen: UInt64 = 0
        /// Forgotten after a long silence.
        var reaped: UInt64 = 0
        /// Datagrams of clients for which there was no room.
        var refused: UInt64 = 0
        /// Upstream ports given up for new ones.
        var rebinds: UInt64 = 0
        /// Datagrams to an upstream port that came from somebody else than the server.
        var strays: UInt64 = 0
    }

    struct Direction: Encodable {
        var datagrams: UInt64
        var bytes: UInt64
        var delivered: UInt64
        var deliveredBytes: UInt64
        var lost: Lost
        var lossBursts: UInt64
        var duplicated: UInt64
        var reordered: UInt64
        var overtaking: UInt64
        var corrupted: UInt64
        var queueMaximumBytes: Int
        var busyMs: Double
    }

    /// Datagrams that did not arrive, by cause.
    struct Lost: Encodable {
        /// By the link's loss.
        var link: UInt64
        /// Because the queue was full.
        var queue: UInt64
        /// Because they were larger than the MTU.
        var mtu: UInt64
        /// By this program or its machine: too many on the way, the socket refused, the port was given up.
        var shim: UInt64
    }

    /// Pretty-printed JSON, keys in snake case and in order.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return try encoder.encode(self) + Data("\n".utf8)
    }

    /// Writes the file aside and renames it, so that a reader never sees half of it.
    func write(to path: String) throws(LinkToolError) {
        do {
            try AtomicFile.write(Array(json()), to: path, mode: 0o644)
        } catch let failure as FileFailure {
            throw .cannotWriteStatistics(path: path, reason: failure.reason)
        } catch {
            throw .cannotWriteStatistics(path: path, reason: error.localizedDescription)
        }
    }
}

extension LinkReport.Profile {
    init(_ profile: LinkProfile) {
        rateBitsPerSecond = profile.rateBitsPerSecond
        delayMs = profile.delay / .milliseconds(1)
        jitterMs = profile.jitter.amount / .milliseconds(1)
        loss = profile.loss
        burst = profile.meanBurstLength
        duplicate = profile.duplicate
        reorder = profile.reorder
        corrupt = profile.corrupt
        queueBytes = profile.queueBytes
        mtuBytes = profile.mtuBytes
    }
}

extension LinkReport.Direction {
    /// - Parameters:
    ///   - statistics: Of the link; it counts what it delivers.
    ///   - undelivered: Of that, what the shim could not hand over.
    ///   - undeliveredBytes: The payload of those.
    init(_ statistics: LinkStatistics, undelivered: UInt64, undeliveredBytes: UInt64) {
        datagrams = statistics.datagrams
        bytes = statistics.bytes
        delivered = statistics.delivered - min(undelivered, statistics.delivered)
        deliveredBytes = statistics.deliveredBytes - min(undeliveredBytes, statistics.deliveredBytes)
        lost = LinkReport.Lost(
            link: statistics.lost,
            queue: statistics.queueDropped,
            mtu: statistics.tooLarge,
            shim: undelivered
        )
        lossBursts = statistics.lossBursts
        duplicated = statistics.duplicated
        reordered = statistics.reordered
        overtaking = statistics.overtaking
        corrupted = statistics.corrupted
        queueMaximumBytes = statistics.queueMaximumBytes
        busyMs = statistics.busy / .milliseconds(1)
    }
}
