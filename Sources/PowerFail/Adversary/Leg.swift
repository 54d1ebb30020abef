/// What was decided in one activity, from its start to its end or to the power cut in it: with the state before, enough
/// to play it again.
public struct Leg: Hashable, Sendable {
    /// How it ended.
    enum End: Hashable, Sendable {
        case completed
        /// The power failed before an operation, counted from 0.
        case cutBefore(Int)
        /// The power failed in it.
        case torn(Int)
    }

    var choices: [UInt8]
    var policy: Oracle.Policy
    var misread: DoubtfulChip.Misread?
    /// What was called instead of what comes next.
    var probe: Probe?
    var end: End

    /// `CHOICES:POLICY:END[:wREAD.VARIANT][:PROBE]`, as reruns take it.
    public var text: String {
        let digits = choices.map { String($0, radix: 36) }.joined()
        var parts = [digits.isEmpty ? "-" : digits, policy == .oncePerEpoch ? "o" : "a"]
        switch end {
        case .completed: parts.append("e")
        case .cutBefore(let operation): parts.append("b\(operation)")
        case .torn(let operation): parts.append("t\(operation)")
        }
        if let misread { parts.append("w\(misread.index).\(misread.variant)") }
        if let probe { parts.append("\(probe)") }
        return parts.joined(separator: ":")
    }

    init(choices: [UInt8], policy: Oracle.Policy, misread: DoubtfulChip.Misread?, probe: Probe?, end: End) {
        self.choices = choices
        self.policy = policy
        self.misread = misread
        self.probe = probe
        self.end = end
    }

    /// Reads what `text` writes; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 5, parts[1] == "o" || parts[1] == "a" else { return nil }
        choices = []
        for digit in parts[0] where parts[0] != "-" {
            guard let value = UInt8(String(digit), radix: 36) else { return nil }
            choices.append(value)
        }
        policy = parts[1] == "o" ? .oncePerEpoch : .always
        let number = Int(parts[2].dropFirst())
        switch (parts[2].first, number) {
        case ("e", nil) where parts[2].count == 1: end = .completed
        case ("b", let number?) where number >= 0: end = .cutBefore(number)
        case ("t", let number?) where number >= 0: end = .torn(number)
        default: return nil
        }
        for part in parts.dropFirst(3) {
            if let probe = Probe(rawValue: String(part)) {
                self.probe = probe
            } else if part.first == "w" {
                let numbers = part.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
                guard numbers.count == 2, let index = numbers[0], let variant = numbers[1], index >= 0,
                    0..<DoubtfulChip.Misread.variants ~= variant
                else { return nil }
                misread = DoubtfulChip.Misread(index: index, variant: variant)
            } else {
                return nil
            }
        }
    }
}

/// The legs that led to a state, the last one first.
final class Trail: Sendable {
    let leg: Leg
    let before: Trail?

    init(_ leg: Leg, after before: Trail?) {
        self.leg = leg
        self.before = before
    }
}

extension Trail? {
    /// From the start.
    var legs: [Leg] {
        var legs: [Leg] = []
        var trail = self
        while let present = trail {
            legs.append(present.leg)
            trail = present.before
        }
        return legs.reversed()
    }
}
