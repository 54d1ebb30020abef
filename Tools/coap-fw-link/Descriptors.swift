import Foundation

/// File descriptors that this process may open.
enum Descriptors {
    /// Those for anything but clients.
    private static let reserved = 64

    /// Asks for as many as the system gives.
    ///
    /// - Returns: How many clients, each with a socket of its own, that is enough for.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return 512 }
        limit.rlim_cur = limit.rlim_max
        // Where that is refused the present limit stays.
        _ = setrlimit(resource, &limit)
        guard getrlimit(resource, &limit) == 0 else { return 512 }
        return max(1, Int(clamping: limit.rlim_cur) - reserved)
    }
}
