import Dispatch
import Glibc

/// Signals as calls of a closure, from the time this exists; none of them ends the process by itself any more.
package struct SignalSources {
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - numbers: `SIGINT`, `SIGTERM`, …
    ///   - handler: Called with the signal's number, on a queue of the system.
    package init(_ numbers: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { handler(number) }
            source.resume()
            return source
        }
    }

    package func cancel() {
        for source in sources { source.cancel() }
    }
}
