import CGnuTLS

/// What all server sessions of one event loop share: suites, timers, and where the keys come from.
public final class DTLSServer {
    /// Gives the key of an identity, or nil if there is no such identity.
    public typealias KeyLookup = (_ identity: [UInt8]) -> [UInt8]?

    /// Of all sessions.
    public let configuration: DTLSConfiguration
    /// Where all sessions and the cookie gate put what is to be sent. To be emptied after every call.
    public let outgoing: DatagramBatch
    let priorities: Priorities
    let credentials: ServerCredentials
    let lookup: KeyLookup
    let previousLookup: KeyLookup
    let helloAnswers = HelloAnswers()
    let liveCount = LiveCount()

    /// - Parameters:
    ///   - configuration: Of all sessions.
    ///   - outgoing: Where they put what is to be sent.
    ///   - previousLookup: The key that an identity had before, as long as that is to do as well. Asked for when the
    ///     one that `lookup` gives is not what the peer holds.
    ///   - lookup: The key of an identity.
    /// - Throws: `.invalidConfiguration`, `.library`.
    public init(
        configuration: DTLSConfiguration = DTLSConfiguration(),
        outgoing: DatagramBatch = DatagramBatch(),
        previousLookup: @escaping KeyLookup = { _ in nil },
        lookup: @escaping KeyLookup
    ) throws(DTLSError) {
        self.configuration = configuration
        self.outgoing = outgoing
        self.lookup = lookup
        self.previousLookup = previousLookup
        priorities = try Priorities(configuration)
        credentials = try ServerCredentials()
    }
}
