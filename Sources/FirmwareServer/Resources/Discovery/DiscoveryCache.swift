import CoAP
import Credentials
import FirmwareImage
import FirmwarePackaging
import Synchronization

/// The lists that peers are shown, for one catalog and one state of the rights. What was made once is not made again
/// for the next block, the next peer with the same rights, or the next thread.
final class DiscoveryCache: Sendable {
    enum Kind: UInt8 {
        /// `/.well-known/core`: the index and every product.
        case discovery
        /// `/fw`: every product.
        case products
    }

    /// A document in link format.
    struct Document: Sendable {
        let bytes: [UInt8]
        let etag: ETag
    }

    /// The products that some peers may read.
    final class Readable: Sendable {
        /// Indexes of the catalog's products, ascending.
        let rows: [Int]
        fileprivate let digest: SHA256Digest

        fileprivate init(_ products: ProductSet, in catalog: CatalogSnapshot) {
            switch products {
            case .all: rows = Array(catalog.products.indices)
            case .only(let ids): rows = ids.sorted().compactMap { catalog.index(of: $0) }
            }
            let bytes = rows.flatMap { row in (0..<4).map { UInt8(truncatingIfNeeded: row >> (8 * $0)) } }
            digest = PayloadDescription.digest(of: bytes.span.bytes)
        }
    }

    private struct Key: Hashable {
        let readable: ObjectIdentifier
        let kind: Kind
        let filter: LinkFilter
    }

    private struct State {
        var peers: [PeerIdentity: Readable] = [:]
        var sets: [ProductSet: Readable] = [:]
        var documents: [Key: Document] = [:]
        var documentBytes = 0

        mutating func removeDocuments() {
            documents.removeAll()
            documentBytes = 0
        }
    }

    private static let maximumPeers = 16_384
    private static let maximumSets = 256
    private static let maximumDocumentBytes = 16 << 20
    private static let maximumDocuments = 4096

    private let catalog: CatalogSnapshot
    private let rights: AccessRights
    private let state = Mutex(State())

    init(catalog: CatalogSnapshot, rights: AccessRights) {
        self.catalog = catalog
        self.rights = rights
    }

    /// What a peer may read.
    func readable(_ peer: PeerIdentity) -> Readable {
        if let known = state.withLock({ $0.peers[peer] }) { return known }
        let products = rights.products(of: peer)
        let same = state.withLock { $0.sets[products] }
        let readable = same ?? Readable(products, in: catalog)
        return state.withLock { state in
            // All of them go when there are too many: what is asked for again is soon back.
            if state.peers.count >= DiscoveryCache.maximumPeers { state.peers.removeAll() }
            if state.sets.count >= DiscoveryCache.maximumSets {
                state.sets.removeAll()
                state.peers.removeAll()
                state.removeDocuments()
            }
            let kept = state.sets[products] ?? readable
            state.sets[products] = kept
            state.peers[peer] = kept
            return kept
        }
    }

    /// A list for a peer.
    func document(_ kind: Kind, for peer: PeerIdentity, _ filter: LinkFilter) -> Document {
        let readable = readable(peer)
        let key = Key(readable: ObjectIdentifier(readable), kind: kind, filter: filter)
        if let known = state.withLock({ $0.documents[key] }) { return known }
        let document = make(kind, readable, filter)
        state.withLock { state in
            // Only under a key that still stands for these rights.
            guard state.sets.values.contains(where: { $0 === readable }), state.documents[key] == nil else { return }
            if state.documentBytes + document.bytes.count > DiscoveryCache.maximumDocumentBytes
                || state.documents.count >= DiscoveryCache.maximumDocuments
            {
                state.removeDocuments()
            }
            state.documents[key] = document
            state.documentBytes += document.bytes.count
        }
        return document
    }

    private func make(_ kind: Kind, _ readable: Readable, _ filter: LinkFilter) -> Document {
        let table = catalog.links
        let rows = filter.rows(of: readable.rows, in: table)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows.reduce(LinkTable.index.count + 1) { $0 + table.rows[$1].link.count + 1 })
        if kind == .discovery, filter.passesIndex { bytes += LinkTable.index }
        for row in rows {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes += table.bytes[table.rows[row].link]
        }
        return Document(bytes: bytes, etag: etag(kind, readable, filter))
    }

    /// From all that the document is made of, so that its length does not matter.
    private func etag(_ kind: Kind, _ readable: Readable, _ filter: LinkFilter) -> ETag {
        var parts: [UInt8] = [kind.rawValue]
        for digest in [catalog.links.digest, readable.digest] {
            parts += (0..<SHA256Digest.byteCount).map { digest[$0] }
        }
        parts += filter.bytes
        return ETag(PayloadDescription.digest(of: parts.span.bytes).prefix64)
    }
}
