import Dispatch
import Foundation

/// What the person in front of the program wants of it.
enum LinkSignal: Sendable {
    /// SIGUSR1.
    case report
    /// SIGINT, SIGTERM.
    case stop
}

/// Signals as values, from the time this exists; none of them ends the process by itself any more.
struct LinkSignals {
    let stream: AsyncStream<LinkSignal>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkSignal.self)
        let meanings: [(Int32, LinkSignal)] = [(SIGUSR1, .report), (SIGINT, .stop), (SIGTERM, .stop)]
        self.stream = stream
        sources = meanings.map { number, meaning in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(meaning) }
            source.resume()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }
}
