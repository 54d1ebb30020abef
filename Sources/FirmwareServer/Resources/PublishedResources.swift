import Credentials
import Synchronization

/// The resources as they are now, for many readers and a writer: event loops take the value, and the task that looks
/// for new releases and changed rights puts in another.
public final class PublishedResources: Sendable {
    private let value: Mutex<FirmwareResources>
    private let count = Atomic<UInt64>(1)

    public init(_ resources: FirmwareResources) {
        value = Mutex(resources)
    }

    /// The resources as they are now.
    public var current: FirmwareResources { value.withLock { $0 } }

    /// Goes up with every change: a reader that keeps a copy compares this before it uses it, which costs no lock.
    public var generation: UInt64 { count.load(ordering: .acquiring) }

    /// Serves another catalog from now on.
    public func replace(catalog: CatalogSnapshot) {
        value.withLock { $0.catalog = catalog }
        count.wrappingAdd(1, ordering: .releasing)
    }

    /// Judges by other rights from now on.
    public func replace(rights: AccessRights) {
        value.withLock { $0.rights = rights }
        count.wrappingAdd(1, ordering: .releasing)
    }
}
