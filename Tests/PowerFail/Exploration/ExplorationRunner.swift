/// Explorations on several threads.
public enum ExplorationRunner {
    /// Runs all of them.
    ///
    /// - Parameters:
    ///   - explorations: in any order; results come as they are done.
    ///   - threads: how many at a time.
    ///   - isStopped: asked now and then; `true` ends all of it early.
    ///   - done: called with each result.
    /// - Returns: the results, in the order in which they came.
    public static func run(
        _ explorations: [Exploration],
        threads: Int,
        isStopped: @escaping @Sendable () -> Bool = { false },
        done: (ExplorationResult) -> Void = { _ in }
    ) async -> [ExplorationResult] {
        var waiting = explorations[...]
        var results: [ExplorationResult] = []
        await withTaskGroup(of: ExplorationResult.self) { group in
            for _ in 0..<max(threads, 1) {
                guard let next = waiting.popFirst() else { break }
                group.addTask { next.run(isStopped: isStopped) }
            }
            while let result = await group.next() {
                results.append(result)
                done(result)
                if let next = waiting.popFirst() { group.addTask { next.run(isStopped: isStopped) } }
            }
        }
        return results
    }
}
