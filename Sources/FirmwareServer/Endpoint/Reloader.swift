import HostSupport
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Looks at the files once a second, on a thread of its own, and tells the endpoints what came of it.
final class Reloader: Sendable {
    private struct State {
        var isStopped = false
        var task: RepeatedTask?
        var lastFailure: FileFailure?
    }

    private let content: ServedContent
    private let sockets: [EndpointSocket]
    private let report: NetworkReport
    private let logger: Logger
    /// One thread: looks never overlap, and an older result cannot be published after a newer one.
    private let thread = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(State())

    init(_ content: ServedContent, sockets: [EndpointSocket], report: NetworkReport, logger: Logger) {
        self.content = content
        self.sockets = sockets
        self.report = report
        self.logger = logger
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func start(on eventLoop: any EventLoop) {
        thread.start()
        let task = eventLoop.scheduleRepeatedAsyncTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            // The next second begins when this look has ended, however long it takes.
            self.thread.runIfActive(eventLoop: eventLoop) { self.reload() }
        }
        state.withLock { $0.task = task }
    }

    func reloadSoon() {
        thread.submit { state in
            if state == .active { self.reload() }
        }
    }

    func stop() {
        let task = state.withLock { state in
            state.isStopped = true
            return state.task
        }
        task?.cancel()
        try? thread.syncShutdownGracefully()
    }

    private func reload() {
        do {
            try content.refreshCatalog()
            state.withLock { $0.lastFailure = nil }
        } catch {
            let isNew = state.withLock { state in
                defer { state.lastFailure = error }
                return state.lastFailure != error
            }
            if isNew { logger.error("\(error); what was served before is served on") }
        }
        let revoked = content.refreshCredentials()
        if !revoked.isEmpty {
            for socket in sockets { socket.perform(.revoke(revoked)) }
        }
        report.tell()
    }
}
