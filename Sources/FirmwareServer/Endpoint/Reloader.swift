import HostSupport
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Looks at the files once a second, on threads of its own, and tells the endpoints what came of it.
///
/// Credentials and catalog have a thread each: a revocation does not wait until a large catalog has been looked
/// through. On one of them looks never overlap, so an older result cannot be published after a newer one.
final class Reloader: Sendable {
    private struct State {
        var isStopped = false
        var tasks: [RepeatedTask] = []
        var lastFailure: FileFailure?
        /// Looks at the credentials until freed memory is given back.
        var looksLeft = Reloader.looksBetweenReleases
    }

    /// Half a minute: seldom enough to cost nothing, soon enough that an attack leaves no trace.
    private static let looksBetweenReleases = 30

    private let content: ServedContent
    private let sockets: [EndpointSocket]
    private let report: NetworkReport
    private let logger: Logger
    private let credentials = NIOThreadPool(numberOfThreads: 1)
    private let catalog = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(State())

    init(_ content: ServedContent, sockets: [EndpointSocket], report: NetworkReport, logger: Logger) {
        self.content = content
        self.sockets = sockets
        self.report = report
        self.logger = logger
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func start(on eventLoop: any EventLoop) {
        repeatedly(on: credentials, eventLoop) { self.reloadCredentials(isConfirmed: false) }
        repeatedly(on: catalog, eventLoop) { self.reloadCatalog(isConfirmed: false) }
    }

    /// Looks now, because somebody asked for it: what is gone is meant to be gone then, and what was held back is
    /// taken.
    func reloadSoon() {
        credentials.submit { state in
            if state == .active { self.reloadCredentials(isConfirmed: true) }
        }
        catalog.submit { state in
            if state == .active { self.reloadCatalog(isConfirmed: true) }
        }
    }

    func stop() {
        let tasks = state.withLock { state in
            state.isStopped = true
            return state.tasks
        }
        for task in tasks { task.cancel() }
        try? credentials.syncShutdownGracefully()
        try? catalog.syncShutdownGracefully()
    }

    private func repeatedly(
        on thread: NIOThreadPool,
        _ eventLoop: any EventLoop,
        _ look: @escaping @Sendable () -> Void
    ) {
        thread.start()
        let task = eventLoop.scheduleRepeatedAsyncTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            // The next second begins when this look has ended, however long it takes.
            thread.runIfActive(eventLoop: eventLoop, look)
        }
        state.withLock { $0.tasks.append(task) }
    }

    private func reloadCatalog(isConfirmed: Bool) {
        do {
            try content.refreshCatalog(isConfirmed: isConfirmed)
            state.withLock { $0.lastFailure = nil }
        } catch {
            let isNew = state.withLock { state in
                defer { state.lastFailure = error }
                return state.lastFailure != error
            }
            if isNew { logger.error("\(error); what was served before is still served") }
        }
    }

    private func reloadCredentials(isConfirmed: Bool) {
        let revoked = content.refreshCredentials(isConfirmed: isConfirmed)
        if !revoked.isEmpty {
            for socket in sockets { socket.perform(.revoke(revoked)) }
        }
        report.tell()
        releaseMemory()
    }

    /// Here, where nobody who is served waits for it.
    private func releaseMemory() {
        let isDue = state.withLock { state in
            state.looksLeft -= 1
            guard state.looksLeft <= 0 else { return false }
            state.looksLeft = Self.looksBetweenReleases
            return true
        }
        guard isDue else { return }
        content.loader.store.forgetUnread()
        ProcessMemory.releaseFree()
    }
}
