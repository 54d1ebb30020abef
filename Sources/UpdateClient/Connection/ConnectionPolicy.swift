/// How long and how often a channel to the server is tried for.
public struct ConnectionPolicy: Equatable, Sendable {
    /// Channels opened in a row without any answer to a request in between, before giving up.
    public var maximumAttempts: Int
    /// Once the server was there, a silence shorter than this ends nothing, whatever number of attempts it took: links
    /// black out, and servers restart, for a minute.
    public var patience: Duration
    /// The longest wait for so long, before the random half: what a blackout costs beyond its end.
    public var patientBackoff: Duration
    /// A silence as long as this ends it, whatever number of attempts is left. Looked at when an attempt fails, so that
    /// it may come to one attempt more.
    public var maximumSilence: Duration
    /// Channels opened in one run at most, whatever was achieved.
    public var maximumChannels: Int
    /// Wait after the first failure; each further one doubles it. A random half is added to every wait.
    public var initialBackoff: Duration
    /// The longest wait, before the random half.
    public var maximumBackoff: Duration
    /// How long opening may take; nil: the caller ends it.
    public var openingTimeout: Duration?
    /// Whether a channel that is up proves that the server is there. True for DTLS, false for plain UDP.
    public var channelProvesServer: Bool

    /// See the properties.
    public init(
        maximumAttempts: Int = 5,
        patience: Duration = .seconds(120),
        patientBackoff: Duration = .seconds(4),
        maximumSilence: Duration = .seconds(180),
        maximumChannels: Int = 256,
        initialBackoff: Duration = .seconds(1),
        maximumBackoff: Duration = .seconds(60),
        openingTimeout: Duration? = .seconds(60),
        channelProvesServer: Bool = true
    ) {
        self.maximumAttempts = maximumAttempts
        self.patience = patience
        self.patientBackoff = patientBackoff
        self.maximumSilence = maximumSilence
        self.maximumChannels = maximumChannels
        self.initialBackoff = initialBackoff
        self.maximumBackoff = maximumBackoff
        self.openingTimeout = openingTimeout
        self.channelProvesServer = channelProvesServer
    }
}
