import Credentials
import Synchronization

/// The resources as they are now, for many readers and a writer: event loops take the value, and the threads that look
/// for new releases and changed rights put in another.
public final class PublishedResources: Sendable {
    private struct State {
        var current: FirmwareResources
        /// What readers have put down: large catalogs are not freed on an event loop.
        var retired: [FirmwareResources] = []
    }

    private let state: Mutex<State>
    private let count = Atomic<UInt64>(1)

    /// - Parameter resources: What is served first.
    public init(_ resources: FirmwareResources) {
        state = Mutex(State(current: resources))
    }

    /// The resources as they are now.
    public var current: FirmwareResources { state.withLock { $0.current } }

    /// Goes up with every change: a reader that keeps a copy compares this before it uses it, which costs no lock.
    public var generation: UInt64 { count.load(ordering: .acquiring) }

    /// Puts the resources as they are now in place of a reader's copy. Frees nothing.
    func renew(_ copy: inout FirmwareResources) {
        state.withLock { state in
            state.retired.append(copy)
            copy = state.current
        }
    }

    /// Serves another catalog from now on.
    public func replace(catalog: CatalogSnapshot) {
        replace { FirmwareResources(catalog: catalog, rights: $0.rights) }
    }

    /// Judges by other rights from now on.
    public func replace(rights: AccessRights) {
        replace { FirmwareResources(catalog: $0.catalog, rights: rights) }
    }

    /// Frees what readers have put down. Not to be called on an event loop.
    func sweep() {
        let retired = state.withLock { state in
            defer { state.retired = [] }
            return state.retired
        }
        withExtendedLifetime(retired) {}
    }

    private func replace(_ change: (FirmwareResources) -> FirmwareResources) {
        let old = state.withLock { state in
            let old = state.current
            state.current = change(old)
            return old
        }
        count.wrappingAdd(1, ordering: .releasing)
        withExtendedLifetime(old) {}
    }
}
