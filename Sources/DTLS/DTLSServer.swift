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
    let helloAnswers = HelloAnswers()
    let liveCount = LiveCount()

    /// - Throws: `.invalidConfiguration`, `.library`.
    public init(
        configuration: DTLSConfiguration = DTLSConfiguration(),
        outgoing: DatagramBatch = DatagramBatch(),
        lookup: @escaping KeyLookup
    ) throws(DTLSError) {
        self.configuration = configuration
        self.outgoing = outgoing
        self.lookup = lookup
        priorities = try Priorities(configuration)
        credentials = try ServerCredentials()
    }
}
