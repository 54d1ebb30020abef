import Flash

/// Plays one path of an adversary again.
final class AdversaryReplay {
    private let setting: Setting
    private var state: AdversaryState
    private var found: AdversaryState?
    private var end = Leg.End.completed
    private var lines: [String] = []
    private var factsAtOperation: Facts?

    init(_ setting: Setting, _ start: AdversaryState) {
        self.setting = setting
        state = start
    }

    func run(_ legs: [Leg]) throws -> (violation: RunError?, lines: [String]) {
        do {
            for leg in legs { try play(leg) }
            return (nil, lines)
        } catch let error as RunError {
            return (error, lines)
        }
    }

    private func play(_ leg: Leg) throws {
        if let probe = leg.probe { state.next = .probe(probe) }
        let chip = DoubtfulChip(setting.map, state.picture, state.facts, Oracle(leg.choices, leg.policy))
        chip.misread = leg.misread
        found = nil
        factsAtOperation = nil
        end = leg.end
        let allowed = state.facts.expectation.text
        lines.append("\(state.next), \(state.picture.doubtfulCount) units in doubt, allowed: \(allowed)")
        chip.willOperate = { [unowned self] chip, operation in willOperate(chip, operation) }
        var life = Life(setting, flash: DoubtfulFlash(chip), facts: state.facts)
        let next: Activity?
        do {
            next = try life.perform(state.next)
        } catch {
            guard found != nil else { throw error }
            next = nil
        }
        if case .cutBefore(let operation) = leg.end, operation == chip.operationCount {
            found = .afterCut(chip.picture, factsAtOperation ?? life.facts, setting)
        }
        switch (leg.end, found, next) {
        case (.completed, _, let next?): state = AdversaryState(picture: chip.picture, facts: life.facts, next: next)
        case (.completed, _, nil): lines.append("the goal is reached")
        case (_, let found?, _):
            state = found
        case (_, nil, _): throw RunError.setup("there are only \(chip.operationCount) operations before \(leg.text)")
        }
    }

    private func willOperate(_ chip: DoubtfulChip, _ operation: DoubtfulChip.Operation) {
        factsAtOperation = chip.facts
        guard found == nil else { return }
        let number = chip.operationCount
        var picture = chip.picture
        switch end {
        case .cutBefore(number): lines.append("  \(number) \(operation.text): the power fails before it")
        case .torn(number):
            lines.append("  \(number) \(operation.text): the power fails in it")
            picture.tear(operation, group: UInt8(truncatingIfNeeded: state.facts.cuts + 1))
        case .completed, .cutBefore, .torn: return lines.append("  \(number) \(operation.text)")
        }
        found = .afterCut(picture, chip.facts, setting)
    }
}

extension DoubtfulChip.Operation {
    var text: String {
        switch self {
        case .program(let address, let bytes):
            let start = bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: " ")
            return "program \(address)+\(bytes.count): \(start)"
        case .erase(let sector): return "erase \(sector.lowerBound)"
        }
    }
}
