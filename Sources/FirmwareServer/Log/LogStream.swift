import Dispatch
import Glibc
import HostSupport
import Logging
import Synchronization

/// Where the lines of the log go: a queue of its own writes them to standard error, so that a reader that is slow, or
/// has stopped, holds up nobody who is served. What waits is bounded; lines beyond that are counted, and the count is
/// the next line.
public final class LogStream: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var lost = 0
    }

    /// Thousands of lines.
    private static let maximumBytes = 4 << 20

    private let descriptor: Int32
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "log")
    /// Lines that were lost and not told of. The queue's own.
    private nonisolated(unsafe) var unsaid = 0
    /// What was written last ends in the middle of a line, as there was no more room. The queue's own.
    private nonisolated(unsafe) var isMidLine = false

    /// - Parameter descriptor: where to; standard error unless told. Not owned.
    public init(descriptor: Int32 = STDERR_FILENO) {
        self.descriptor = descriptor
    }

    /// Puts a line at the end. Never waits for the reader.
    func append(_ line: String) {
        let isFirst = state.withLock { state in
            guard state.waiting.count + line.utf8.count <= Self.maximumBytes else {
                state.lost += 1
                return false
            }
            defer { state.waiting.append(contentsOf: line.utf8) }
            return state.waiting.isEmpty
        }
        if isFirst { queue.async { self.writeWaiting() } }
    }

    /// Waits until what was appended before is written, a second at most.
    public func flush() {
        let written = DispatchSemaphore(value: 0)
        queue.async { written.signal() }
        _ = written.wait(timeout: .now() + 1)
    }

    /// - Returns: how many lines could not be written, or not to their end.
    private func write(_ lines: [UInt8]) -> Int {
        if isMidLine, Glibc.write(descriptor, "\n", 1) == 1 { isMidLine = false }
        guard !isMidLine else { return lines.count { $0 == UInt8(ascii: "\n") } }
        var left = lines
        while !left.isEmpty {
            let count = left.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            isMidLine = left[count - 1] != UInt8(ascii: "\n")
            left.removeFirst(count)
        }
        return left.count { $0 == UInt8(ascii: "\n") }
    }

    private func writeWaiting() {
        let (bytes, lost) = state.withLock { state in
            defer { state = State() }
            return (state.waiting, state.lost)
        }
        unsaid += lost
        if unsaid > 0 {
            let line = LogLine.text(
                time: LogLine.now(),
                level: .warning,
                message: "lines of the log were lost: it is read too slowly, or its disk is full",
                fields: ["lines": "\(unsaid)"]
            )
            if write(Array(line.utf8)) == 0 { unsaid = 0 }
        }
        unsaid += write(bytes)
    }
}

/// Formats what is logged and gives it to a stream.
public struct LineLogHandler: LogHandler {
    /// Less severe events are not written.
    public var logLevel = Logger.Level.info
    /// Fields of every line.
    public var metadata: Logger.Metadata = [:]
    /// More fields of every line.
    public var metadataProvider: Logger.MetadataProvider?
    private let stream: LogStream

    /// Writes to `stream`.
    public init(_ stream: LogStream) {
        self.stream = stream
    }

    /// A field of every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        stream.append(
            LogLine.text(
                time: LogLine.now(),
                level: event.level,
                message: event.message.description,
                fields: fields
            )
        )
    }
}

extension LogLine {
    /// The time as of RFC 3339, in UTC, with milliseconds.
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var fields = tm()
        gmtime_r(&time.tv_sec, &fields)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = [(fields.tm_year + 1900, 4), (fields.tm_mon + 1, 2), (fields.tm_mday, 2)]
        let clock = [(fields.tm_hour, 2), (fields.tm_min, 2), (fields.tm_sec, 2)]
        func joined(_ parts: [(Int32, Int)], _ separator: String) -> String {
            parts.map { digits(Int($0.0), $0.1) }.joined(separator: separator)
        }
        return "\(joined(date, "-"))T\(joined(clock, ":")).\(digits(time.tv_nsec / 1_000_000, 3))Z"
    }
}
