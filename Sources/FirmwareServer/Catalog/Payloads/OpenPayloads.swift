import Synchronization

/// The payload files that are open, up to a number: a catalog may have more releases than the process may have
/// descriptors.
final class OpenPayloads: Sendable {
    private let limit: Int
    private let files = Mutex<[PayloadFile]>([])

    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Counts a file that has been opened, and closes another that was not used for long if there are too many.
    func admit(_ file: PayloadFile) {
        let closed = files.withLock { files -> PayloadFile? in
            if file.isCounted.exchange(true, ordering: .relaxed) { return nil }
            files.append(file)
            guard files.count > limit else { return nil }
            let index = OpenPayloads.leastUsed(files)
            files.swapAt(index, files.count - 1)
            let closed = files.removeLast()
            closed.isCounted.store(false, ordering: .relaxed)
            return closed
        }
        closed?.close()
    }

    /// Counts only those that `isKept` says; the others close when nobody reads them any more.
    func keep(_ isKept: (PayloadFile) -> Bool) {
        files.withLock { files in
            files.removeAll { file in
                guard !isKept(file) else { return false }
                file.isCounted.store(false, ordering: .relaxed)
                return true
            }
        }
    }

    /// Whether one more would have another closed.
    var isFull: Bool { files.withLock { $0.count >= limit } }

    /// One of eight taken at random that was used longest ago: as good as the very last for this, without a list in
    /// order.
    private static func leastUsed(_ files: [PayloadFile]) -> Int {
        let candidates = (0..<8).map { _ in Int.random(in: 0..<(files.count - 1)) }
        return candidates.min {
            files[$0].lastUse.load(ordering: .relaxed) < files[$1].lastUse.load(ordering: .relaxed)
        } ?? 0
    }
}
