import CoAP
import Credentials
import Crypto
import FirmwareImage
import FirmwareServer
import Glibc
import SeededRandom
import TestSupport

/// Resources over a catalog in memory, and what they answer.
final class Served {
    var resources: FirmwareResources
    var bufferBytes = FirmwareResources.fullBlockBufferBytes

    init(resources: FirmwareResources) {
        self.resources = resources
    }

    /// A catalog that everybody with an identity may read.
    convenience init(_ catalog: CatalogSnapshot) {
        self.init(resources: FirmwareResources(catalog: catalog, rights: .unrestricted()))
    }

    /// A whole payload, block by block; `nil` if there is none. What has to be fetched first is asked for again, as a
    /// device would.
    func download(_ path: String) -> [UInt8]? {
        var payload: [UInt8] = []
        var number: UInt32 = 0
        var tries = 0
        while true {
            guard let reply = reply(Request(path).block(number, szx: 6)) else {
                tries += 1
                guard tries < 2000 else { return nil }
                usleep(1000)
                continue
            }
            guard reply.code == .content, let block = reply.block2 else { return nil }
            payload += reply.payload
            guard block.more else { return payload }
            number += 1
        }
    }

    static let device = PeerIdentity.authenticated(identity("dev-1"))

    static func identity(_ text: String) -> PSKIdentity {
        guard let identity = PSKIdentity(text) else { preconditionFailure("not an identity: \(text)") }
        return identity
    }

    /// Products 7 (1.0.0, 1.1.0 of 5000 bytes), 8 (0.1.0) and 9 (2.0.0, not for dev-1).
    static func standard() throws -> Served {
        let rights = try RightsFile(parsing: Array("dev-*: 7, 8, 77\nlab: *\n".utf8))
        return Served(
            resources: FirmwareResources(
                catalog: CatalogSnapshot(inMemory: [
                    (7, version(1, 1), payload(5000, seed: 2)),
                    (7, version(1, 0), payload(3000, seed: 1)),
                    (8, version(0, 1), payload(1024, seed: 3)),
                    (9, version(2, 0), payload(1, seed: 4)),
                ]),
                rights: AccessRights(rights)
            )
        )
    }

    static func version(_ major: UInt8, _ minor: UInt8, _ revision: UInt16 = 0, build: UInt32 = 0) -> ImageVersion {
        ImageVersion(major: major, minor: minor, revision: revision, build: build)
    }

    static func payload(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() >> 32) }
    }

    static func sha256(of payload: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: payload)) }

    static func etag(of payload: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: payload).prefix(8))
    }

    func bytes(_ datagram: [UInt8], from peer: PeerIdentity = Served.device) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0xEE, count: bufferBytes)
        var span = buffer.mutableSpan
        let outcome = resources.respond(
            to: datagram.span.bytes,
            from: peer,
            into: span.mutableBytes
        )
        guard case .answer(let count) = outcome else { return nil }
        return Array(buffer[0..<count])
    }

    func reply(_ request: Request, from peer: PeerIdentity = Served.device) -> Reply? {
        bytes(request.bytes, from: peer).flatMap { Reply($0) }
    }
}
