import Flash

/// The swap by moving of `imageSectors` sectors, step by step (MCUboot `swap_move.c`).
///
/// With `n` sectors, A0 A1 … in the primary slot and B0 B1 … in the secondary:
/// ```
/// steps         primary              secondary
/// 0             A0 A1 A2 –           B0 B1 B2      nothing is moved
/// 1…n           A0 A0 A1 A2          B0 B1 B2      the primary's sectors go up by one, the last first
/// n + 1         B0 A0 A1 A2          B0 B1 B2      then, for each sector from the first: the secondary's comes down …
/// n + 2         B0 A0 A1 A2          A0 B1 B2      … and the primary's goes over
/// 3n            B0 B1 B2 A2          A0 A1 A2      done
/// ```
/// A step erases and writes only a sector whose contents are elsewhere as well, so both images are whole after every
/// step, and a step that was cut short can be done again, as long as the next one has not begun: that one erases what
/// it copies from.
struct SwapSteps {
    let imageSectors: UInt32

    init(_ record: SwapRecord, _ map: FlashMap) {
        imageSectors = (record.swapSizeBytes + map.slotSectorSizeBytes - 1) / map.slotSectorSizeBytes
    }

    var count: UInt32 { 3 * imageSectors }

    /// Of the step after `stepsDone` others.
    struct Step {
        let source: (slot: Slot, sector: UInt32)
        let destination: (slot: Slot, sector: UInt32)
        /// Of the status record that says it is done.
        let record: UInt32
        let recordValue: UInt8
    }

    /// The next step; `stepsDone` is less than `count`.
    func step(after stepsDone: UInt32, _ layout: TrailerLayout) -> Step {
        guard stepsDone >= imageSectors else {
            let sector = imageSectors - 1 - stepsDone
            return Step(
                source: (.primary, sector),
                destination: (.primary, sector + 1),
                record: stepsDone,
                recordValue: 1
            )
        }
        let half = stepsDone - imageSectors
        let isDown = half % 2 == 0
        return Step(
            source: isDown ? (.secondary, half / 2) : (.primary, half / 2 + 1),
            destination: (isDown ? .primary : .secondary, half / 2),
            record: layout.sectorCapacity + half,
            recordValue: isDown ? 1 : 2
        )
    }

    /// Where a sector of the image that comes is after so many steps.
    func incoming(_ sector: UInt32, after stepsDone: UInt32) -> (slot: Slot, sector: UInt32) {
        let down = stepsDone > imageSectors ? (stepsDone - imageSectors + 1) / 2 : 0
        return (sector < down ? .primary : .secondary, sector)
    }

    /// Where a sector of the image that goes is after so many steps.
    func outgoing(_ sector: UInt32, after stepsDone: UInt32) -> (slot: Slot, sector: UInt32) {
        guard stepsDone > imageSectors else {
            return (.primary, sector + stepsDone >= imageSectors ? sector + 1 : sector)
        }
        let over = (stepsDone - imageSectors) / 2
        return sector < over ? (.secondary, sector) : (.primary, sector + 1)
    }
}

extension SwapSteps {
    /// How many steps are done, by the status records of the primary slot and the log.
    ///
    /// The last record written tells. One that was cut short counts as written, as it was begun only when its step was
    /// done (MCUboot `swap_move.c`, `swap_read_status_bytes`). It may not be seen the next time, so the log has a say
    /// too, about that one record and no more: that its step is done, or that it is being done again.
    ///
    /// Read until it reads the same twice, as a read may be wrong.
    ///
    /// - Returns: `nil` if a record is written that such a swap has not: this is no swap's status.
    /// - Throws: what reading throws but `io`.
    func stepsDone<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> UInt32? {
        var stepsDone = try stepsDoneAsRead(flash: &flash, map: map)
        for _ in 0..<3 {
            let before = stepsDone
            stepsDone = try stepsDoneAsRead(flash: &flash, map: map)
            if stepsDone == before { break }
        }
        return stepsDone
    }

    @inline(never)
    private func stepsDoneAsRead<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> UInt32? {
        let layout = map.trailer
        let base = map.primary.offset + layout.statusOffset
        var record = 3 * layout.sectorCapacity - TrailerLayout.settledUnitCount
        while record > 0 {
            if try !flash.isErased(unitAt: base + (record - 1) * layout.recordSizeBytes) { break }
            record -= 1
        }
        let isSwapping = record > layout.sectorCapacity
        guard record <= imageSectors || isSwapping && record - layout.sectorCapacity <= 2 * imageSectors else {
            return nil
        }
        let recorded = isSwapping ? record - layout.sectorCapacity + imageSectors : record
        let log = try SwapLog(map: map).read(flash: &flash)
        guard let logged = log.stepsDone else { return recorded }
        // The record behind it may have been begun, and the one before it may have been lost: nothing else.
        let isCredible = recorded + 1 == logged || log.isResumed && (logged...logged + 1).contains(recorded)
        return isCredible ? min(logged, count) : recorded
    }
}
