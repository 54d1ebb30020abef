import CoAP
import Credentials
import FirmwareImage

/// The server's resources: a request datagram in, the response datagram out.
///
/// | method and path | answer |
/// |---|---|
/// | `GET /.well-known/core` | RFC 6690 links, filterable |
/// | `GET /fw` | links to the products that the peer may read |
/// | `GET /fw/{pid}` | the current release's payload, by Block2 |
/// | `GET /fw/{pid}/{version}` | that version's payload; it never changes, so Max-Age is long |
///
/// A value, and pure: the answer depends on the catalog and the rights in it, the peer and the datagram only, and
/// nothing is remembered but lists that were made already. Every block may be asked for at any time, in any order; a
/// duplicate is answered as the original was, which RFC 7252 § 4.5 allows for requests that change nothing. (The one
/// thing outside the value are the payloads' bytes, see ``PayloadStore``: those that a disk has first to be asked for
/// are being fetched then, and the request is to be made again.)
///
/// What a peer may not read is told apart from what is not there: an unknown product or version is 4.04 with the
/// products that the peer may read, a product that its identity has no right to is 4.03, whatever the version.
/// Numbers of products are no secret to a provisioned device. A peer without an identity gets 4.01 instead, and
/// learns nothing about which products there are.
///
/// An answer to a block of a payload allocates nothing.
public struct FirmwareResources: Sendable {
    /// What became of a request.
    public enum Outcome: Equatable, Sendable {
        /// The answer has so many bytes, never more than the buffer.
        case answer(byteCount: Int)
        /// Nothing is sent.
        case nothing
        /// The payload's bytes are being fetched; to be asked again when ``PayloadStore`` says that some have come.
        case fetching
    }

    /// What is served.
    public var catalog: CatalogSnapshot {
        didSet { discovery = DiscoveryCache(catalog: catalog, rights: rights) }
    }
    /// Who may read what.
    public var rights: AccessRights {
        didSet { discovery = DiscoveryCache(catalog: catalog, rights: rights) }
    }
    private(set) var discovery: DiscoveryCache

    /// Max-Age of `/fw/{pid}/{version}`: a year. (Of `/fw/{pid}` it is CoAP's default, 60 seconds.)
    public static let immutableMaxAgeSeconds: UInt32 = 31_536_000
    /// Max-Age of a 5.03: when to ask again for a payload that cannot be read just now.
    public static let retryAfterSeconds: UInt32 = 10
    /// Bytes that the buffer for an answer needs so that blocks of 1024 bytes, the largest, fit. In a smaller one the
    /// answer has smaller blocks than were asked for (RFC 7959 § 2.4).
    public static let fullBlockBufferBytes = 1024 + 64

    /// - Parameters:
    ///   - catalog: What is served.
    ///   - rights: Who may read what.
    public init(catalog: CatalogSnapshot, rights: AccessRights) {
        self.catalog = catalog
        self.rights = rights
        discovery = DiscoveryCache(catalog: catalog, rights: rights)
    }

    /// Answers one datagram.
    ///
    /// - Parameters:
    ///   - datagram: The UDP payload, or the plaintext of one DTLS record, whole.
    ///   - peer: Who sent it.
    ///   - buffer: Takes the answer; see ``fullBlockBufferBytes``.
    /// - Returns: what became of it.
    public func respond(
        to datagram: RawSpan,
        from peer: PeerIdentity,
        into buffer: consuming MutableRawSpan
    ) -> Outcome {
        let view: MessageView
        do {
            view = try MessageView(datagram)
        } catch {
            return FirmwareResources.write(error.rejection.requiredReset, into: buffer)
        }
        switch view.role {
        case .request:
            break
        case .ping:
            return FirmwareResources.write(.reset(messageID: view.messageID), into: buffer)
        case .unacceptable(let rejection):
            return FirmwareResources.write(rejection.requiredReset, into: buffer)
        case .response:
            // Nothing was asked of the peer, so this belongs to nothing here (RFC 7252 § 4.2, § 4.3).
            let rejection = Rejection(of: view.type, messageID: view.messageID)
            return FirmwareResources.write(rejection.requiredReset, into: buffer)
        case .emptyAcknowledgement, .reset:
            return .nothing
        }

        let options = RequestOptions(view)
        if view.type == .nonConfirmable, case .unacceptableCriticalOption = options.problem {
            // RFC 7252 § 5.4.1: in a NON message it has the message rejected, not answered. The reset, four bytes,
            // spares the client the wait.
            return FirmwareResources.write(.reset(messageID: view.messageID), into: buffer)
        }
        let answer = self.answer(view, options, from: peer)
        let header = ResponseHeader(to: view)
        return ResponseWriting.write(answer, header, reading: catalog.store, into: buffer)
    }

    private static func write(_ message: EmptyMessage?, into buffer: consuming MutableRawSpan) -> Outcome {
        guard let message, let count = try? message.write(into: &buffer) else { return .nothing }
        return .answer(byteCount: count)
    }
}
