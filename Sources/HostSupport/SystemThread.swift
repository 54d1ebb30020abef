import Glibc

/// Threads of the system, for loops that wait for the kernel.
package enum SystemThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Runs `body` on a new thread, which ends with it.
    ///
    /// - Returns: why there is no thread, in words; nil: there is.
    package static func start(_ body: @escaping @Sendable () -> Void) -> String? {
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            },
            work.toOpaque()
        )
        guard code == 0 else {
            work.release()
            return FileFailure.reason(code)
        }
        pthread_detach(thread)
        return nil
    }
}
