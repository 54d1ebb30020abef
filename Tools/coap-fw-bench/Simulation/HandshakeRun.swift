import DTLS
import Foundation
import LinkEmulator

/// Handshakes of one kind, side by side, each over its own link.
struct HandshakeRun {
    struct Result {
        /// Until the client could send its first request; nil: never.
        var time: Duration?
        /// UDP payload that was sent, lost datagrams included.
        var bytes: Int
    }

    var preset: LinkPreset
    var loss: Double
    var isRoundTripKnown: Bool
    var seeds: Range<UInt64>

    private struct Arrival {
        var peer: Int
        var toServer: Bool
        var bytes: [UInt8]
    }

    func run() throws -> [Result] {
        let profile = try LinkProfile(preset: preset, loss: loss)
        var configuration = DTLSConfiguration()
        if isRoundTripKnown { configuration.expectRoundTrip(preset.delay * 2) }
        var peers = try seeds.map {
            try HandshakePeer(links: LinkPair(profile: profile, seed: $0), client: configuration)
        }
        var queue = DeliveryQueue<Arrival>()
        let start = ContinuousClock.now
        func send(_ peer: Int, toServer: Bool, _ datagrams: [[UInt8]], _ now: Duration) {
            for datagram in datagrams {
                for time in peers[peer].fate(toServer: toServer, byteCount: datagram.count, now: now) {
                    queue.add(Arrival(peer: peer, toServer: toServer, bytes: datagram), at: time)
                }
            }
        }
        for index in peers.indices {
            peers[index].began = ContinuousClock.now - start
            send(index, toServer: true, peers[index].start(), peers[index].began)
        }
        while peers.contains(where: { $0.isRunning }) {
            var now = ContinuousClock.now - start
            while let arrival = queue.next(by: now) {
                let answers = try peers[arrival.peer].receive(arrival.bytes, atServer: arrival.toServer, now: now)
                send(arrival.peer, toServer: !arrival.toServer, answers, now)
                now = ContinuousClock.now - start
            }
            var next = queue.nextTime ?? now + .milliseconds(50)
            for index in peers.indices where peers[index].isRunning {
                send(index, toServer: false, peers[index].advanceServer(now: now), now)
                if let datagrams = peers[index].timerFired() { send(index, toServer: true, datagrams, now) }
                next = min(next, peers[index].nextTimer(now: now))
            }
            let wait = next - (ContinuousClock.now - start)
            if wait > .zero { usleep(UInt32(min(wait, .milliseconds(50)).inSeconds * 1e6)) }
        }
        return peers.map(\.result)
    }
}
