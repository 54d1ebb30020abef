import Bootloader
import Flash
import SeededRandom

/// The search of an `Adversary`: depth first, so that few states are held at a time.
final class AdversarySearch {
    private let setting: Setting
    private let effort: AdversaryEffort
    private let isStopped: () -> Bool
    private let chip: DoubtfulChip
    private var result: AdversaryResult
    /// States to go on from, by the number of faults that led to them. Those of few faults come first, so that what is
    /// found is told by as few as it takes; of the rest the last one found, so that not many are held at a time.
    private var waiting: [[AdversaryState]]
    /// States that were explored, and how many cuts were left there.
    private var seen: [UInt64: Int] = [:]
    /// Operations that were cut, by the state of the flash before them, and how many cuts were left.
    private var seenCuts: [UInt64: Int] = [:]
    /// From where the present run began.
    private var present: AdversaryState
    private var presentMisread: DoubtfulChip.Misread?
    private var presentFaults: Int { present.faults + (presentMisread == nil ? 0 : 1) }
    /// Before the last operation of the present run.
    private var factsAtOperation: Facts?

    /// Violations of a kind that is known.
    private var repeats = 0

    private static let violationLimit = 4
    private static let repeatLimit = 200

    init(
        _ setting: Setting,
        _ effort: AdversaryEffort,
        start: AdversaryState,
        isStopped: @escaping () -> Bool
    ) throws {
        self.setting = setting
        self.effort = effort
        self.isStopped = isStopped
        waiting = [[AdversaryState]](repeating: [], count: effort.cutsInRecords + 1)
        waiting[0] = [start]
        present = start
        chip = DoubtfulChip(setting.map, start.picture, start.facts, Oracle([], .oncePerEpoch))
        result = AdversaryResult(geometry: setting.geometry, scenario: setting.scenario)
        result.states = [Int](repeating: 0, count: effort.cutsInRecords + 1)
    }

    func run() -> AdversaryResult {
        chip.willOperate = { [unowned self] chip, operation in willOperate(chip, operation) }
        while isGoingOn, let state = nextState() { explore(state) }
        result.waiting = waiting.reduce(0) { $0 + $1.count }
        return result
    }

    private func nextState() -> AdversaryState? {
        for faults in [0, 1] where faults < waiting.count {
            if let state = waiting[faults].popLast() { return state }
        }
        for faults in waiting.indices.reversed() {
            if let state = waiting[faults].popLast() { return state }
        }
        return nil
    }

    private var isGoingOn: Bool {
        result.violations.count < Self.violationLimit && repeats < Self.repeatLimit
            && result.branches < effort.totalLimit && !isStopped()
    }

    // MARK: One state

    private func explore(_ state: AdversaryState) {
        present = state
        if let constant = state.constant {
            _ = runOnce(Oracle(constant: constant))
            return
        }
        let cuts = state.faults
        let isInDoubt = state.picture.doubtfulCount > 0
        branch(.oncePerEpoch, limit: effort.value(effort.deviations, after: cuts))
        guard isInDoubt || cuts <= effort.misreadCuts else { return }
        if isInDoubt {
            let flips = effort.value(effort.flips, after: cuts)
            if flips > 0 { branch(.always, limit: flips) }
            var random = SplitMix64(seed: state.fingerprint ^ effort.seed)
            for _ in 0..<effort.value(effort.samples, after: cuts) where isGoingOn {
                _ = runOnce(Oracle(drawnFrom: random.next()))
            }
        } else if state.next != .session {
            misread()
        }
    }

    /// Runs every sequence of answers with so many deviations at most.
    private func branch(_ policy: Oracle.Policy, limit: Int) {
        var scripts: [(script: [UInt8], deviations: Int)] = [([], 0)]
        var runs = 0
        while let (script, deviations) = scripts.popLast(), isGoingOn {
            guard runs < effort.runLimit else {
                result.cutShort += 1
                return
            }
            runs += 1
            let taken = runOnce(Oracle(script, policy))
            let choices = taken.map(\.taken)
            for position in script.count..<max(taken.count, script.count) {
                let choice = taken[position]
                let used = deviations + (choice.isDeviation ? 1 : 0)
                guard used <= limit else { continue }
                for other in 1..<choice.alternatives {
                    scripts.append((Array(choices[..<position]) + [other], used))
                }
            }
        }
    }

    /// Each read wrong once.
    private func misread() {
        _ = runOnce(Oracle([], .oncePerEpoch))
        let reads = presentFaults < effort.cutsInRecords ? chip.readCount : 0
        let first = Int(truncatingIfNeeded: present.fingerprint % 4)
        for index in 0..<reads where isGoingOn {
            let variants = present.faults == 0 ? Array(0..<DoubtfulChip.Misread.variants) : [(first + index) % 4]
            for variant in variants {
                presentMisread = DoubtfulChip.Misread(index: index, variant: variant)
                _ = runOnce(Oracle([], .oncePerEpoch))
            }
        }
        presentMisread = nil
    }

    // MARK: One run

    private func runOnce(_ oracle: Oracle) -> [Oracle.Choice] {
        result.branches += 1
        factsAtOperation = nil
        chip.restart(present.picture, present.facts, oracle, misread: presentMisread)
        var life = Life(setting, flash: DoubtfulFlash(chip), facts: present.facts)
        do {
            let next = try life.perform(present.next)
            // A cut right after the last operation.
            if let facts = factsAtOperation { cut(chip.picture, facts, .cutBefore(chip.operationCount)) }
            if let next { completed(life.facts, next) }
        } catch {
            report("\(error)")
        }
        return chip.oracle.taken
    }

    /// Keeps one violation of each kind, the shortest.
    private func report(_ what: String) {
        let legs = present.trail.legs + [leg(.completed)]
        let violation = AdversaryViolation(
            geometry: setting.geometry,
            scenario: setting.scenario,
            legs: legs,
            what: what
        )
        if let known = result.violations.firstIndex(where: { $0.what == what }) {
            if legs.count < result.violations[known].legs.count { result.violations[known] = violation }
            repeats += 1
        } else {
            result.violations.append(violation)
        }
    }

    private func leg(_ end: Leg.End) -> Leg {
        var probe: Probe?
        if case .probe(let called) = present.next { probe = called }
        return Leg(
            choices: chip.oracle.choices,
            policy: chip.oracle.policy,
            misread: presentMisread,
            probe: probe,
            end: end
        )
    }

    private func completed(_ facts: Facts, _ next: Activity) {
        // Which changes nothing.
        if present.next == .probe(.status) { return }
        var state = AdversaryState(
            picture: chip.picture,
            facts: facts,
            next: next,
            boots: present.boots,
            constant: present.constant,
            faults: presentFaults
        )
        if next == .boot { state.boots += 1 }
        // From here on nothing changes its answers any more.
        if present.picture.doubtfulCount > 0, chip.picture.doubtfulCount == 0 { state.boots = 0 }
        guard state.boots <= Life<DoubtfulFlash>.roundLimit else {
            guard chip.picture.doubtfulCount > 0, present.constant == nil else {
                return report("the goal is not reached after \(state.boots) resets")
            }
            // Units that change their answers at every reset can keep anybody from it. Once each goes on with one
            // answer, whichever, it must be reached.
            result.unsettled += 1
            state.boots = 0
            for constant in 0..<DoubtfulChip.firstAnswerCount {
                state.constant = constant
                push(&state, .completed)
            }
            return
        }
        push(&state, .completed)
    }

    private func willOperate(_ chip: DoubtfulChip, _ operation: DoubtfulChip.Operation) {
        factsAtOperation = chip.facts
        // What comes before the last given choice was cut in the run that it is from.
        guard chip.oracle.isBeyondScript else { return }
        let cuts = presentFaults
        guard present.constant == nil, cuts < effort.cutsInRecords, cuts < effort.cuts || isInRecords(operation) else {
            return
        }
        let known = chip.facts.fingerprint &+ UInt64(present.facts.cuts % 2)
        let key = SplitMix64.mix(SplitMix64.mix(chip.picture.fingerprint ^ operation.hash) ^ known)
        let left = effort.cutsInRecords - cuts
        guard seenCuts[key, default: 0] < left else { return }
        seenCuts[key] = left
        result.cuts += 2
        cut(chip.picture, chip.facts, .cutBefore(chip.operationCount))
        var picture = chip.picture
        picture.tear(operation, group: UInt8(truncatingIfNeeded: present.facts.cuts + 1))
        cut(picture, chip.facts, .torn(chip.operationCount))
    }

    /// A state after a cut: with the boot, and with everything that may be called before it.
    private func cut(_ picture: DoubtfulPicture, _ facts: Facts, _ end: Leg.End) {
        guard present.constant == nil, presentFaults < effort.cutsInRecords else { return }
        var state = AdversaryState.afterCut(picture, facts, setting)
        state.faults = presentFaults + 1
        push(&state, end)
        for probe in Probe.allCases {
            state.next = .probe(probe)
            push(&state, end)
        }
    }

    private func push(_ state: inout AdversaryState, _ end: Leg.End) {
        let key = state.fingerprint
        let left = effort.cutsInRecords - state.faults + 1
        let before = seen[key, default: 0]
        guard before < left else { return }
        if before == 0 { result.states[state.faults] += 1 }
        seen[key] = left
        state.trail = Trail(leg(end), after: present.trail)
        waiting[state.faults].append(state)
    }

    private func isInRecords(_ operation: DoubtfulChip.Operation) -> Bool {
        let address: Int
        switch operation {
        case .program(let start, _): address = start
        case .erase(let sector): address = sector.lowerBound
        }
        let map = setting.map
        return ![map.primary, map.secondary].contains { slot in
            let start = Int(slot.offset)
            return start..<start + Int(map.trailer.firstSectorOffset) ~= address
        }
    }
}

extension DoubtfulChip.Operation {
    /// One number of it.
    fileprivate var hash: UInt64 {
        switch self {
        case .erase(let sector): return UInt64(sector.lowerBound) << 1
        case .program(let address, let bytes):
            var hash = UInt64(address) << 1 | 1
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            return hash
        }
    }
}
