import CoAP
import Credentials
import FirmwareServer

/// The real resources behind the stand-in channel.
struct SimulatedServer {
    static let key: UInt64 = 0x5EC2E7

    var resources: FirmwareResources
    private var channel: ServerChannel
    private var nextSession: UInt64 = 1
    private let buffer = [UInt8](repeating: 0, count: FirmwareResources.fullBlockBufferBytes)
    /// Requests that were answered with content of the product, by the identity that asked.
    private(set) var contentsServed = 0

    init(catalog: CatalogSnapshot, rights: AccessRights) {
        resources = FirmwareResources(catalog: catalog, rights: rights)
        channel = ServerChannel(keys: ["dev-1": Self.key])
    }

    mutating func restart() {
        channel.restart()
    }

    /// - Returns: The datagram that goes back, if any.
    mutating func receive(_ datagram: [UInt8]) throws -> [UInt8]? {
        let event = channel.receive(datagram) {
            defer { nextSession += 1 }
            return nextSession
        }
        switch event {
        case nil: return nil
        case .reply(let bytes): return bytes
        case .plaintext(let request, let session):
            guard let identity = channel.identity(of: session).flatMap({ PSKIdentity($0) }) else { return nil }
            // The buffer is taken out for the call, so that nothing overlaps the access to it.
            var answer = buffer
            var span = answer.mutableSpan
            let outcome = resources.respond(
                to: request.span.bytes,
                from: .authenticated(identity),
                into: span.mutableBytes
            )
            guard case .answer(let written) = outcome else { return nil }
            guard written <= answer.count else { throw SimulationError.violation("an answer larger than its buffer") }
            let response = Array(answer[..<written])
            try check(response, to: identity)
            return channel.seal(response, session: session)
        }
    }

    /// An image must not be readable by an identity without the right to it.
    private mutating func check(_ response: [UInt8], to identity: PSKIdentity) throws {
        let view = try MessageView(response.span.bytes)
        guard view.code == .content, view.firstValue(of: .block2) != nil, view.firstValue(of: .etag) != nil else {
            return
        }
        contentsServed += 1
        guard resources.rights.mayRead(Releases.productID, .authenticated(identity)) else {
            throw SimulationError.violation("an image was served to an identity without the right to it")
        }
    }
}
