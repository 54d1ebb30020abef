import FirmwareImage
import Flash

/// What must be sure of a request and of its swap: a `CommitLog` in the status area of the secondary's trailer.
///
/// ```
/// 0xF000 | number << 4 | type   the request in this trailer is being followed (`StartedSwap`)
/// 0xE000 | type                 the request in this trailer is whole
/// 0x7000 + n                    n steps of the swap in the primary's trailer are done, and the next one is being done
///                               again: its record is not to be believed
/// n < 0x7000                    n steps are done
/// ```
struct SwapLog {
    let map: FlashMap

    static let maximumStepCount: UInt16 = 0x6FFF
    private static let resumedBase: UInt16 = 0x7000
    private static let requestedBase: UInt16 = 0xE000

    /// What the log says.
    struct Contents: Equatable {
        /// The request in the secondary's trailer is being followed.
        var started: StartedSwap?
        /// Somebody made sure of `started`; `false`: it may not be read the next time.
        var isStartedSure = false
        /// The type of the request in the secondary's trailer.
        var requested: SwapType?
        /// Steps done; `nil`: the log says nothing of it.
        var stepsDone: UInt32?
        /// The step behind these is being done again.
        var isResumed = false
    }

    /// Room for as many boots that go on with one swap as fit, each in another step: at most some forty.
    private static let mostSlots: UInt32 = 256

    private var log: CommitLog {
        let unit = map.geometry.writeAlignmentBytes
        let start = map.trailer.statusOffset
        return CommitLog(
            at: map.secondary.offset + start,
            byteCount: min(
                map.trailer.swapSizeOffset - start,
                Self.mostSlots * CommitLog.slotBytes(writeAlignmentBytes: unit)
            ),
            writeAlignmentBytes: unit
        )
    }

    func read<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Contents {
        let read = try log.read(flash: &flash)
        var contents = Contents()
        contents.started = read.last(ofClass: 0xF).flatMap { StartedSwap(logged: $0) }
        // What is logged behind it was begun when it was sure.
        contents.isStartedSure = read.isSure || read.last.map { $0 >> 12 != 0xF } ?? false
        if let value = read.last(ofClass: 0xE), let type = SwapType(rawValue: UInt8(truncatingIfNeeded: value)),
            type != .none, value == Self.requestedBase + UInt16(type.rawValue)
        {
            contents.requested = type
        }
        if let value = read.last, value < Self.requestedBase {
            contents.isResumed = value >= Self.resumedBase
            contents.stepsDone = UInt32(contents.isResumed ? value - Self.resumedBase : value)
        }
        return contents
    }

    /// Makes sure that the request in the secondary's trailer stands and is of this type, whatever becomes of it.
    func append<Flash: NORFlash & ~Copyable>(_ started: StartedSwap, flash: inout Flash) throws(FlashError) {
        _ = try log.makeSure(started.logged, flash: &flash)
    }

    /// Makes sure that the request in the secondary's trailer is whole.
    func append<Flash: NORFlash & ~Copyable>(requested type: SwapType, flash: inout Flash) throws(FlashError) {
        _ = try log.makeSure(Self.requestedBase + UInt16(type.rawValue), flash: &flash)
    }

    /// Makes sure that so many steps are done.
    func append<Flash: NORFlash & ~Copyable>(stepsDone: UInt32, flash: inout Flash) throws(FlashError) {
        _ = try log.makeSure(UInt16(truncatingIfNeeded: stepsDone), flash: &flash)
    }

    /// Makes sure that so many steps are done, and that the one behind them is not taken for done while it is done
    /// again.
    func append<Flash: NORFlash & ~Copyable>(resumedBehind steps: UInt32, flash: inout Flash) throws(FlashError) {
        _ = try log.makeSure(Self.resumedBase + UInt16(truncatingIfNeeded: steps), flash: &flash)
    }
}
