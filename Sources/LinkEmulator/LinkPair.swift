/// Both directions of a link; they share nothing, random numbers least of all.
public struct LinkPair: Sendable {
    /// From the client to the server.
    public var upstream: Link
    /// From the server to the client.
    public var downstream: Link

    /// Two links, with random numbers of their own that depend on `seed` alone.
    public init(upstream: LinkSchedule, downstream: LinkSchedule, seed: UInt64) {
        self.upstream = Link(schedule: upstream, seed: FateRandom.derivedSeed(seed, 1))
        self.downstream = Link(schedule: downstream, seed: FateRandom.derivedSeed(seed, 2))
    }

    /// The same properties each way.
    public init(profile: LinkProfile, seed: UInt64) {
        self.init(upstream: LinkSchedule(profile), downstream: LinkSchedule(profile), seed: seed)
    }
}
