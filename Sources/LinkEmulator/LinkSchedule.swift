/// The properties of one direction over time.
///
/// A change of the rate holds for what waits as well; everything else is decided when a datagram is handed over.
public struct LinkSchedule: Equatable, Sendable {
    /// From a time on, until the next change.
    public struct Change: Equatable, Sendable {
        /// On the clock of the `now` that the link is called with.
        public let at: Duration
        /// What the link is like from then on.
        public let profile: LinkProfile

        /// See the properties.
        public init(at: Duration, profile: LinkProfile) {
            self.at = at
            self.profile = profile
        }
    }

    /// Before the first change.
    public let initial: LinkProfile
    /// In the order of their times.
    public let changes: [Change]

    /// - Parameters:
    ///   - initial: Before the first change.
    ///   - changes: In any order; of those of the same time the last one counts.
    public init(_ initial: LinkProfile, changes: [Change] = []) {
        self.initial = initial
        var ordered: [Change] = []
        for change in changes {
            ordered.removeAll { $0.at == change.at }
            ordered.insert(change, at: ordered.firstIndex { $0.at > change.at } ?? ordered.endIndex)
        }
        self.changes = ordered
    }
}
