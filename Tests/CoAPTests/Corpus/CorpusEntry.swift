import CoAP
import Testing

/// A datagram that a differential run singled out, with what must come of it from now on.
struct CorpusEntry: Sendable, CustomTestStringConvertible {
    enum Verdict: Equatable, Sendable {
        case read(MessageRole)
        case failed(MessageError)
    }

    let name: String
    let datagram: String
    let comparison: Comparison
    let verdict: Verdict

    var testDescription: String { name }

    init(_ name: String, _ datagram: String, _ comparison: Comparison, _ verdict: Verdict) {
        self.name = name
        self.datagram = datagram
        self.comparison = comparison
        self.verdict = verdict
    }
}

extension CorpusEntry.Verdict {
    /// What the codec makes of the datagram.
    init(_ datagram: [UInt8]) {
        do {
            self = .read(try MessageView(datagram.span.bytes).role)
        } catch {
            self = .failed(error)
        }
    }

    /// The verdict without the numbers in it: what a corpus needs one datagram of.
    var kind: String {
        switch self {
        case .read(.unacceptable(let rejection)): return "unacceptable \("\(rejection)".prefix { $0 != "(" })"
        case .read(let role): return "read \(role)"
        case .failed(.malformed(let violation, let type, _)):
            return "malformed \("\(violation)".prefix { $0 != "(" }) \(type)"
        case .failed(let error): return "\(error)"
        }
    }
}
