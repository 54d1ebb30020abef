/// Both directions of a link that has the same properties each way; they share nothing, random numbers least of all.
public struct LinkPair: Sendable {
    /// From the client to the server.
    public var upstream: Link
    /// From the server to the client.
    public var downstream: Link

    public init(profile: LinkProfile, seed: UInt64) {
        upstream = Link(profile: profile, seed: FateRandom.derivedSeed(seed, 1))
        downstream = Link(profile: profile, seed: FateRandom.derivedSeed(seed, 2))
    }
}
