import Credentials

/// The resources for one event loop: a copy of what is published, renewed when there is something new. The check costs
/// one atomic load per request.
final class ResourceReader {
    private let published: PublishedResources
    private var resources: FirmwareResources
    private var generation: UInt64

    init(_ published: PublishedResources) {
        self.published = published
        generation = published.generation
        resources = published.current
    }

    func respond(
        to datagram: RawSpan,
        from peer: PeerIdentity,
        into buffer: consuming MutableRawSpan
    ) -> FirmwareResources.Outcome {
        let latest = published.generation
        if latest != generation {
            // In this order: what is published in between is seen by the next request.
            generation = latest
            published.renew(&resources)
        }
        return resources.respond(to: datagram, from: peer, into: buffer)
    }
}
