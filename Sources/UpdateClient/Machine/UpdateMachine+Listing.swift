import Bootloader
import CoAP

/// After a 4.04: `GET /fw`, so that the person at the device learns which products the identity may read.
extension UpdateMachine where Flash: ~Copyable {
    mutating func beginListing(now: Duration) {
        links = ProductLinkParser()
        let roundTrip = engine.progress.smoothedRoundTrip ?? .seconds(1)
        let listing = ProductListing(
            szx: configuration.transfer.preferredSZX,
            deadline: now,
            interval: max(roundTrip * 3, .milliseconds(500)),
            requestsLeft: configuration.maximumListRequests
        )
        phase = .listing(listing)
    }

    func listedProducts(isComplete: Bool) -> ProductList {
        var products = links.products
        if !isComplete { products.isTruncated = true }
        return products
    }

    mutating func listingTimer(_ listing: ProductListing, now: Duration) {
        guard now >= listing.deadline, !listing.isDue else { return }
        guard listing.requestsLeft > 0 else {
            finish(.unknownProduct(available: listedProducts(isComplete: false)))
            return
        }
        var next = listing
        next.isDue = true
        next.interval = min(listing.interval * 2, .seconds(30))
        phase = .listing(next)
    }

    mutating func takeListRequest(_ listing: ProductListing, now: Duration) -> Bool {
        guard listing.isDue, listing.requestsLeft > 0 else { return false }
        var next = listing
        next.isDue = false
        next.requestsLeft -= 1
        next.token = Token(random.next())
        next.deadline = now + listing.interval
        phase = .listing(next)
        guard let block = try? BlockOption(number: listing.blockNumber, szx: listing.szx) else { return false }
        do throws(MessageError) {
            try outgoingMessage.writeListRequest(block: block, token: next.token, messageID: newMessageID())
        } catch {
            return false
        }
        counters.requests &+= 1
        counters.bytesSent += UInt64(outgoingMessage.byteCount)
        return true
    }

    /// - Returns: whether the response answers the request under way.
    mutating func takeList(
        _ message: borrowing MessageView,
        _ options: ResponseOptions,
        _ listing: ProductListing,
        now: Duration
    ) -> Bool {
        guard message.token == listing.token, !listing.isDue else { return false }
        guard message.code == .content else {
            finish(.unknownProduct(available: listedProducts(isComplete: false)))
            return true
        }
        let block = options.block2
        if let block, block.byteOffset != listing.blockNumber << (UInt32(listing.szx) + 4) { return true }
        let payload = message.payload
        for offset in 0..<payload.byteCount { links.consume(payload.coapByte(at: offset)) }
        guard let block, block.more, block.szx <= listing.szx, payload.byteCount == block.sizeBytes else {
            finish(.unknownProduct(available: listedProducts(isComplete: !(block?.more ?? false))))
            return true
        }
        var next = listing
        next.blockNumber = block.number + 1
        next.szx = block.szx
        next.isDue = true
        phase = .listing(next)
        if next.requestsLeft <= 0 { finish(.unknownProduct(available: listedProducts(isComplete: false))) }
        return true
    }
}
