import CoAP
import Credentials
import FirmwareImage

extension FirmwareResources {
    /// Decides what a request is answered with.
    func answer(
        _ view: borrowing MessageView,
        _ options: RequestOptions,
        from peer: PeerIdentity
    ) -> ResourceAnswer {
        if let problem = options.problem { return .failure(problem.responseCode, problem.diagnostic) }
        let path = ResourcePath(view)
        if path == .unknown { return .failure(.notFound, "no such resource") }
        guard view.code == .get else { return .failure(.methodNotAllowed, "only GET") }
        // No resource takes a body, so there can be no block of one.
        guard options.block1 == nil else { return .failure(.badOption, "GET takes no Block1") }

        switch path {
        case .discovery:
            return document(.discovery, view, options, from: peer)
        case .products:
            return document(.products, view, options, from: peer)
        case .current(let productID):
            return payload(productID, nil, view, options, from: peer)
        case .version(let productID, let version):
            return payload(productID, version, view, options, from: peer)
        case .unknown:
            return .failure(.notFound, "no such resource")
        }
    }

    private func payload(
        _ productID: UInt16,
        _ version: ImageVersion?,
        _ view: borrowing MessageView,
        _ options: RequestOptions,
        from peer: PeerIdentity
    ) -> ResourceAnswer {
        let mayRead = rights.mayRead(productID, peer)
        if !mayRead, peer == .anonymous { return .failure(.unauthorized, "needs an identity") }
        guard let product = catalog.product(productID) else {
            let rows = discovery.readable(peer).rows.prefix(ResourceAnswer.namedProducts + 1)
            return .unknownProduct(readable: rows.map { catalog.products[$0].id })
        }
        guard mayRead else { return .failure(.forbidden, "this identity may not read this product") }
        let found = version.map { product.release($0) } ?? product.current
        guard let release = found else { return .failure(.notFound, "no such version of this product") }

        let maxAge = version == nil ? nil : FirmwareResources.immutableMaxAgeSeconds
        if let answer = precondition(release.etag, maxAge, .octetStream, view, options) { return answer }

        guard let block = options.block2 ?? FirmwareResources.firstBlock,
            block.byteOffset < release.sizeBytes
        else { return .failure(.badOption, "block past the end") }
        guard release.isAvailable else { return .unavailable("the payload cannot be read just now") }
        return .payload(
            ResourceAnswer.PayloadBlock(
                release: release,
                maxAgeSeconds: maxAge,
                block: block,
                saysSize: block.number == 0 || options.size2 != nil
            )
        )
    }

    private func document(
        _ kind: DiscoveryCache.Kind,
        _ view: borrowing MessageView,
        _ options: RequestOptions,
        from peer: PeerIdentity
    ) -> ResourceAnswer {
        guard let filter = LinkFilter(view) else { return .failure(.badRequest, "too many query options") }
        let document = discovery.document(kind, for: peer, filter)
        if let answer = precondition(document.etag, nil, .linkFormat, view, options) { return answer }
        if let block = options.block2, block.byteRange(totalBytes: document.bytes.count) == nil {
            return .failure(.badOption, "block past the end")
        }
        return .document(
            ResourceAnswer.Document(
                bytes: document.bytes,
                etag: document.etag,
                block: options.block2,
                saysSize: options.block2?.number == 0 || options.size2 != nil
            )
        )
    }

    /// What is to be said before any representation is sent: conditions, format, and "you have it already".
    private func precondition(
        _ etag: ETag,
        _ maxAge: UInt32?,
        _ format: ContentFormat,
        _ view: borrowing MessageView,
        _ options: RequestOptions
    ) -> ResourceAnswer? {
        // RFC 7252 § 5.10.8: both are about a target that exists, as it does here.
        if options.hasIfNoneMatch { return .failure(.preconditionFailed, "it exists") }
        if options.hasIfMatch, !view.ifMatchNames(etag) { return .failure(.preconditionFailed, "it is another one") }
        if let accept = options.accept, accept != format { return .failure(.notAcceptable, "no such format") }
        // A later block of what the client has is asked for to be had, so the tag counts for the first only.
        if options.hasETag, options.block2.map({ $0.number == 0 }) ?? true, view.contains(etag) {
            return .valid(etag, maxAgeSeconds: maxAge)
        }
        return nil
    }

    /// What a request without Block2 asks for: blocks of 1024 bytes.
    private static let firstBlock = try? BlockOption(number: 0, szx: BlockOption.maximumSZX)
}

extension MessageView {
    /// Whether one of the If-Match options is this tag, or empty, which any representation fits (RFC 7252 § 5.10.8.1).
    fileprivate borrowing func ifMatchNames(_ etag: ETag) -> Bool {
        var values = self.values(of: .ifMatch)
        while let value = values.next() {
            if value.byteCount == 0 || ETag(bytes: value) == etag { return true }
        }
        return false
    }
}
