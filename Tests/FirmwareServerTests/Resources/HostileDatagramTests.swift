import CoAP
import Credentials
import FirmwareServer
import Foundation
import SeededRandom
import TestSupport
import Testing

/// Any datagram at all: no trap, no answer larger than the buffer, no answer to what must not be answered.
@Suite(.timeLimit(.minutes(15))) struct HostileDatagramTests {
    static let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? 20_261_122
    static let rerun = "SEED=\(seed) swift test --filter HostileDatagramTests"

    /// - Returns: whether there was an answer.
    @discardableResult
    private func check(_ datagram: [UInt8], _ served: Served, _ generator: inout SplitMix64) -> Bool {
        let peers: [PeerIdentity] = [Served.device, .anonymous]
        served.bufferBytes = Int.random(in: 0...1500, using: &generator)
        let peer = peers[Int.random(in: 0..<2, using: &generator)]
        guard let answer = served.bytes(datagram, from: peer) else {
            // RFC 7252 § 4.2: a confirmable message is acknowledged or reset.
            let isConfirmable = datagram.count >= 4 && datagram[0] >> 4 == 4
            let isCut = served.bufferBytes < 64
            #expect(!isConfirmable || isCut, "no answer: \(datagram) \(Self.rerun)")
            return false
        }
        #expect(answer.count <= served.bufferBytes, "\(datagram) \(Self.rerun)")
        #expect(datagram.count >= 4 && datagram[0] >> 6 == 1, "answered what is no CoAP: \(datagram) \(Self.rerun)")
        guard let reply = Reply(answer), datagram.count >= 4 else {
            Issue.record("the answer is no CoAP message: \(datagram) → \(answer) \(Self.rerun)")
            return true
        }
        let type = datagram[0] >> 4 & 3
        #expect(type < 2, "answered an ACK or a reset: \(datagram) \(Self.rerun)")
        if type == 0 {
            #expect(reply.messageID == UInt16(datagram[2]) << 8 | UInt16(datagram[3]), "\(datagram) \(Self.rerun)")
            #expect(reply.type == .acknowledgement || reply.type == .reset, "\(datagram) \(Self.rerun)")
        }
        #expect(reply.code.codeClass != 0 || reply.type == .reset, "\(datagram) \(Self.rerun)")
        return true
    }

    @Test func randomBytes() throws {
        var generator = SplitMix64(seed: Self.seed)
        let served = try Served.standard()
        var answers = 0
        for _ in 0..<100_000 {
            var datagram = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Half of them with a header that is looked at.
            if datagram.count > 1, Bool.random(using: &generator) {
                datagram[0] = 0x40 | datagram[0] & 0x18
                datagram[1] = 1
            }
            answers += check(datagram, served, &generator) ? 1 : 0
        }
        #expect(answers > 20_000)
    }

    @Test func mutatedRequests() throws {
        var generator = SplitMix64(seed: Self.seed &+ 1)
        let served = try Served.standard()
        let originals = [
            Request("fw/7").block(1, szx: 6).with(.etag, [1, 2, 3, 4, 5, 6, 7, 8]).with(.size2).bytes,
            Request("fw/7/1.0.0", type: .nonConfirmable).block(0, szx: 2).with(.accept, [42]).bytes,
            Request(".well-known/core").with(.uriQuery, "rt=fw*").with(.uriQuery, "href=/fw/7").bytes,
            Request("fw").with(.ifMatch, [1]).with(.uriHost, "h").block(3, szx: 0).bytes,
            Request("fw/6", code: .post).with(.block1, [6]).bytes,
        ]
        var answers = 0
        for _ in 0..<200_000 {
            var datagram = originals[Int.random(in: 0..<originals.count, using: &generator)]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0..<max(datagram.count, 1), using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where !datagram.isEmpty: datagram[at] = UInt8.random(in: 0...255, using: &generator)
                case 1 where !datagram.isEmpty: datagram[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 2: datagram.insert(UInt8.random(in: 0...255, using: &generator), at: min(at, datagram.count))
                default: datagram.removeLast(min(datagram.count, Int.random(in: 0...3, using: &generator)))
                }
            }
            answers += check(datagram, served, &generator) ? 1 : 0
        }
        #expect(answers > 100_000)
    }

    @Test func namedOnes() throws {
        var generator = SplitMix64(seed: 1)
        let served = try Served.standard()
        var datagrams: [[UInt8]] = []
        // The most options, the longest value, the most path segments.
        datagrams.append([0x40, 1, 0, 1] + [UInt8](repeating: 0x00, count: 1400))
        datagrams.append([0x40, 1, 0, 1, 0xBE, 0xFF, 0xFF] + [UInt8](repeating: 0x37, count: 1200))
        datagrams.append([0x40, 1, 0, 1, 0xB1, 0x37] + [UInt8](repeating: 0x00, count: 1200))
        datagrams.append(Request("fw/" + String(repeating: "9", count: 300)).bytes)
        datagrams.append(Request("fw/7/" + String(repeating: "1.", count: 100)).bytes)
        datagrams.append(Request("fw/7/99999999999.99999999999.99999999999").bytes)
        datagrams.append(Request("fw/7/4.4.4+99999999999").bytes)
        var query = Request(".well-known/core")
        for _ in 0..<200 { query = query.with(.uriQuery, "rt=" + String(repeating: "*", count: 200)) }
        datagrams.append(query.bytes)
        for datagram in datagrams {
            for _ in 0..<20 { check(datagram, served, &generator) }
        }
    }
}
