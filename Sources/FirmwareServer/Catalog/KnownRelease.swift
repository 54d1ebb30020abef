import FirmwareImage
import FirmwarePackaging
import HostSupport

/// Which release: there is one folder for it.
struct ReleaseKey: Hashable {
    let productID: UInt16
    let version: ImageVersion

    static func inOrder(_ left: ReleaseKey, _ right: ReleaseKey) -> Bool {
        (left.productID, left.version) < (right.productID, right.version)
    }
}

/// The two files of a release as they were when they were checked.
struct ReleaseIdentity: Equatable {
    let payload: FileIdentity
    /// `nil`: the publisher left no digest.
    let digest: FileIdentity?

    /// Whether every later change would show.
    var isSettled: Bool { payload.isSettled && digest?.isSettled ?? true }
}

/// What the looks at one version's folder have found so far.
struct KnownRelease {
    enum Finding {
        case served(Release)
        /// The file fails a check. A release that was served keeps its place without its bytes; `nil`: none was.
        case refused(CatalogProblem, Release?)
    }

    /// A release that was not found where it was.
    struct Absence {
        let since: Duration
        var looks: Int

        /// Looks in a row, and the time from the first to the last of them, that make an absence certain. A folder that
        /// is moved away for a moment, a network drive that comes back: shorter than that. Who means it withdraws the
        /// release (`coap-fw-tool releases withdraw`) or sends SIGHUP; both count at once.
        static let certainLooks = 5
        static let certainTime = Duration.seconds(10)

        func isCertain(at now: Duration) -> Bool {
            looks >= Absence.certainLooks && now - since >= Absence.certainTime
        }
    }

    let identity: ReleaseIdentity
    /// Whether `identity` was old enough, when the payload was read, to show every later change.
    let isSettled: Bool
    let finding: Finding
    var absence: Absence?

    /// What the catalog has of it.
    var release: Release? {
        switch finding {
        case .served(let release): release
        case .refused(_, let release): release
        }
    }

    var problem: CatalogProblem? {
        if case .refused(let problem, _) = finding { problem } else { nil }
    }

    /// Nothing has changed, and it is there.
    func present() -> KnownRelease {
        var copy = self
        copy.absence = nil
        return copy
    }

    /// Not found at `now`.
    func absent(at now: Duration) -> KnownRelease {
        var copy = self
        copy.absence = Absence(since: absence?.since ?? now, looks: (absence?.looks ?? 0) + 1)
        return copy
    }
}
