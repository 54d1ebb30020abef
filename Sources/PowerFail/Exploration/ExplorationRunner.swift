/// Explorations on several threads.
public enum ExplorationRunner {
    /// Runs all of them.
    ///
    /// - Parameters:
    ///   - jobs: in any order; results come as they are done.
    ///   - threads: how many at a time.
    ///   - body: does one.
    ///   - done: called with each result.
    /// - Returns: the results, in the order in which they came.
    public static func run<Job: Sendable, Result: Sendable>(
        _ jobs: [Job],
        threads: Int,
        body: @escaping @Sendable (Job) -> Result,
        done: (Result) -> Void = { _ in }
    ) async -> [Result] {
        var waiting = jobs[...]
        var results: [Result] = []
        await withTaskGroup(of: Result.self) { group in
            for _ in 0..<max(threads, 1) {
                guard let next = waiting.popFirst() else { break }
                group.addTask { body(next) }
            }
            while let result = await group.next() {
                results.append(result)
                done(result)
                if let next = waiting.popFirst() { group.addTask { body(next) } }
            }
        }
        return results
    }
}
