/// The way from the server to the device: every answer takes the same time, and every so many are lost.
struct Link {
    private var answers: [(due: Duration, bytes: [UInt8])] = []
    private var sent = 0
    private let roundTrip: Duration = .milliseconds(80)
    private let lossInterval = 13

    /// When the next answer arrives; nil: none is under way.
    var nextArrival: Duration? { answers.first?.due }

    mutating func send(_ bytes: [UInt8], now: Duration) {
        sent += 1
        guard !bytes.isEmpty, sent % lossInterval != 0 else { return }
        answers.append((now + roundTrip, bytes))
    }

    /// The answer that `nextArrival` is about.
    mutating func receive() -> [UInt8] {
        answers.isEmpty ? [] : answers.removeFirst().bytes
    }
}
