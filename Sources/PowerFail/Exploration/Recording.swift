import Bootloader
import Flash
import FlashEmulator

extension FlashArea {
    fileprivate func contains(_ operation: FlashOperation) -> Bool {
        switch operation {
        case .program(let address, _), .erase(let address): address >= offset && UInt64(address) < end
        }
    }
}

/// A run from one state to the goal, operation by operation, and every state that a cut in it can leave.
struct Recording {
    private let setting: Setting
    private let start: CutState
    let operations: [FlashOperation]
    private let timeline: [(operations: Int, facts: Facts)]
    /// Erases by sector.
    let wear: [UInt32]

    /// Runs and records.
    ///
    /// - Throws: `RunError.violation`, if something is that must not be.
    init(_ setting: Setting, from start: CutState) throws {
        self.setting = setting
        self.start = start
        var flash = start.flash
        flash.clearOperations()
        flash.recordsOperations = true
        var life = Life(setting, flash: flash, facts: start.facts, progress: start.progress)
        try life.run()
        operations = life.flash.operations
        timeline = life.timeline
        wear = zip(life.flash.wear, start.flash.wear).map { $0 - $1 }
    }

    /// Gives the state that each of the wanted cuts leaves.
    func forEachCut(
        _ wanted: (Int) -> [(mode: PowerCut.Mode, tear: UInt64)],
        _ body: (CutState) throws -> Void
    ) throws {
        var flash = start.flash
        flash.recordsOperations = false
        var next = 0
        var facts = start.facts
        for (index, operation) in operations.enumerated() {
            while next < timeline.count, timeline[next].operations <= index {
                facts = timeline[next].facts
                next += 1
            }
            let cuts = wanted(index)
            let progress = facts.step == .session && !cuts.isEmpty ? Progress(flash, setting) : nil
            for (mode, tear) in cuts {
                let point = CutPoint(operation: index, mode: mode, tear: tear)
                try body(state(at: point, operation, flash, facts, progress))
            }
            try flash.replay(operation)
        }
    }

    /// The state that one cut leaves; `nil` if there are not so many operations.
    func state(at point: CutPoint) throws -> CutState? {
        var found: CutState?
        try forEachCut({ $0 == point.operation ? [(point.mode, point.tear)] : [] }, { found = $0 })
        return found
    }

    private func state(
        at point: CutPoint,
        _ operation: FlashOperation,
        _ before: MemoryFlash,
        _ facts: Facts,
        _ progress: Progress?
    ) throws -> CutState {
        var state = CutState(
            flash: before,
            facts: facts,
            seed: point.seed(after: start.seed),
            path: start.path + [point]
        )
        if point.mode != .before { try state.flash.replay(operation, cut: point.mode, seed: state.seed) }
        state.facts.cuts += 1
        state.facts.offer = setting.scenario.offer(after: state.facts)
        // What was offered and refused, or is not offered any more, need not be kept.
        if state.facts.offer == facts.offer, facts.offer != .broken { state.progress = progress }
        state.progress?.isJournalCut = setting.map.journal.contains(operation)
        return state
    }
}
