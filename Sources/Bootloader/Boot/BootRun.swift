import FirmwareImage
import Flash

/// One boot, and what it has done so far.
///
/// Stack: it is not copied, as it is large for a device; so also what changes nothing of it is mutating, because it is
/// passed in place only then. What has large values of its own and is called from several places, or seldom, is not
/// inlined: each caller would take its room all the time. The flash map is such a value, 172 bytes.
struct BootRun<Cryptography: DeviceCryptography>: ~Copyable {
    let writer: TrailerWriter
    private(set) var trust: TrustRecord
    private var action = BootAction.none
    private var resumedSwap = false
    private var refusal: SwapRefusal?
    private var isTrial = false
    /// What is to run.
    private var image: VerifiedImage?

    /// Each decision ends with a swap, or with something erased or written that led to it: a boot takes at most a
    /// record without images, a torn request, a request that is refused, a request to go back, and its swap. Twice that
    /// is never reached.
    private static var decisionLimit: Int { 10 }

    /// - Parameters:
    ///   - map: where things are in the flash.
    ///   - trust: whom to trust; nobody until ``boot(flash:)`` has read the record, which it does in place.
    init(map: FlashMap, trust: TrustRecord = TrustRecord()) {
        self.trust = trust
        writer = TrailerWriter(map: map)
    }

    var map: FlashMap { writer.map }

    mutating func boot<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(BootError) -> BootReport {
        try settleTrust(flash: &flash)
        let isDone: Bool
        do throws(FlashError) {
            isDone = try followTrailers(flash: &flash)
        } catch {
            throw .flash(error)
        }
        guard isDone else { throw .noProgress }
        try findImage(flash: &flash)
        do throws(FlashError) {
            try advanceSecurityCounter(flash: &flash)
        } catch {
            throw .flash(error)
        }
        return try report()
    }

    /// - Throws: never, once there is an image.
    @inline(never)
    private mutating func report() throws(BootError) -> BootReport {
        guard let image else { throw .noProgress }
        return BootReport(
            image: image,
            action: action,
            resumedSwap: resumedSwap,
            isTrial: isTrial,
            refusal: refusal
        )
    }

    /// Reads the trust record, settled; where its area cannot be written any more, as it reads.
    @inline(never)
    private mutating func settleTrust<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(BootError) {
        let store = TrustStore(map: map)
        do throws(TrustError) {
            do throws(TrustError) {
                trust = try store.settle(flash: &flash)
            } catch {
                guard error != .flash(.powerLost) else { throw error }
                trust = try store.read(flash: &flash)
            }
        } catch {
            throw error == .flash(.powerLost) ? .flash(.powerLost) : .trust(error)
        }
    }

    /// Verifies the image in the primary slot; if there is none that may be booted, that of the secondary slot is
    /// brought there.
    ///
    /// - Throws: `noBootableImage`, `flash`.
    @inline(never)
    private mutating func findImage<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(BootError) {
        // If what was brought there is not there after all, the flash does not keep what is written, and there is
        // nothing left to try.
        var secondaryError = ImageError.notAnImage
        var primaryError = ImageError.notAnImage
        do throws(FlashError) {
            if try verifyPrimary(orSay: &primaryError, flash: &flash) { return }
            if try recover(orSay: &secondaryError, flash: &flash) {
                if try verifyPrimary(orSay: &primaryError, flash: &flash) { return }
            }
        } catch {
            throw .flash(error)
        }
        throw .noBootableImage(primary: primaryError, secondary: secondaryError)
    }

    /// - Returns: whether there is an image, which is kept; if not, `error` says why.
    @inline(never)
    private mutating func verifyPrimary<Flash: NORFlash & ~Copyable>(
        orSay error: inout ImageError,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        switch try contents(of: .primary, flash: &flash) {
        case .image(let found):
            image = found
            return true
        case .none(let found):
            error = found
            return false
        }
    }

    /// Does what the trailers ask for until a swap was done or nothing is asked for.
    ///
    /// - Returns: `false` if the bound was reached.
    @inline(never)
    private mutating func followTrailers<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        for _ in 0..<Self.decisionLimit {
            switch try decision(flash: &flash) {
            case .boot:
                return true
            case .settle:
                // What runs from here on must not be taken for a trial, or for a swap under way, by a later boot.
                try settle(flash: &flash)
                return true
            case .resume(let record, let isMCUboots):
                switch try resume(record, isMCUboots: isMCUboots, flash: &flash) {
                case .done: return true
                case .notDone: break
                case .trialIsOver: if try goBack(flash: &flash) { return true }
                }
            case .start(let type, let number):
                if try start(type, number: number, flash: &flash) == .done { return true }
            case .discardRequest(let isWhole):
                if isWhole { refusal = .damagedRequest }
                try erase(.secondary, flash: &flash)
            case .trial:
                if try goBack(flash: &flash) { return true }
            }
        }
        return false
    }

    /// What became of a swap.
    private enum SwapEnd {
        case done
        /// It was refused, and what asked for it is erased.
        case notDone
        /// An earlier boot had begun to record that it is done: the one boot that the image has may be over.
        case trialIsOver
    }

    /// Begins a swap that the secondary's trailer asks for, or erases the request; with a number it was begun before,
    /// and is begun again.
    @inline(never)
    private mutating func start<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        number: UInt8?,
        flash: inout Flash
    ) throws(FlashError) -> SwapEnd {
        var swapSizeBytes: UInt32 = 0
        if let refusal = try refusal(of: type, swapSizeBytes: &swapSizeBytes, flash: &flash) {
            self.refusal = refusal
            // A primary's trailer that is half erased is to be read by nobody.
            if number != nil { try erase(.primary, flash: &flash) }
            try erase(.secondary, flash: &flash)
            return .notDone
        }
        let swap = StartedSwap(type, number: try self.number(number, flash: &flash))
        // From here on the primary's trailer does not tell any more what to do: the request must.
        try log(swap, flash: &flash)
        let record = SwapRecord(swap, swapSizeBytes: swapSizeBytes)
        try erase(.primary, flash: &flash)
        try write(record, flash: &flash)
        return try finish(record, from: 0, isResumed: false, flash: &flash)
    }

    /// That with which a swap was begun, or another one than that of the swap before. Tried twice, as a read may be
    /// wrong.
    @inline(never)
    private mutating func number<Flash: NORFlash & ~Copyable>(
        _ begun: UInt8?,
        flash: inout Flash
    ) throws(FlashError) -> UInt8 {
        if let begun { return begun }
        for _ in 0..<2 {
            let trailer = try BootTrailer(of: .primary, flash: &flash, map: map)
            if let record = trailer.record { return record.swap.number &+ 1 }
        }
        return 1
    }

    /// Goes on with a recorded swap, unless it is about no images that are there.
    @inline(never)
    private mutating func resume<Flash: NORFlash & ~Copyable>(
        _ record: SwapRecord,
        isMCUboots: Bool,
        flash: inout Flash
    ) throws(FlashError) -> SwapEnd {
        let steps = SwapSteps(record, map)
        guard let stepsDone = try steps.stepsDone(flash: &flash, map: map),
            try isAbout(record, after: stepsDone, of: steps, flash: &flash)
        else {
            // If the slots hold nothing that may be booted, the record is as good as anything: there is nothing to
            // lose.
            guard try facts(of: .primary, flash: &flash).image != nil else { return .done }
            try erase(.primary, flash: &flash)
            return .notDone
        }
        // Fields that a cut left out, for MCUboot.
        if stepsDone == 0, !isMCUboots { try write(record, flash: &flash) }
        resumedSwap = true
        return try finish(record, from: stepsDone, isResumed: true, flash: &flash)
    }

    /// Whether the images that a record is about are there: that which comes, and may; or else, if nothing else can be
    /// booted, that which goes, as finishing puts it together in the secondary slot, from where it is recovered.
    private mutating func isAbout<Flash: NORFlash & ~Copyable>(
        _ record: SwapRecord,
        after stepsDone: UInt32,
        of steps: SwapSteps,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        guard stepsDone > 0 else {
            var swapSizeBytes: UInt32 = 0
            let refusal = try refusal(of: record.swap.type, swapSizeBytes: &swapSizeBytes, flash: &flash)
            return refusal == nil && swapSizeBytes <= record.swapSizeBytes
        }
        if try isWhole(.incoming, after: stepsDone, of: steps, flash: &flash) { return true }
        if try facts(of: .primary, flash: &flash).image != nil { return false }
        return try isWhole(.outgoing, after: stepsDone, of: steps, flash: &flash)
    }

    @inline(never)
    private mutating func finish<Flash: NORFlash & ~Copyable>(
        _ record: SwapRecord,
        from stepsDone: UInt32,
        isResumed: Bool,
        flash: inout Flash
    ) throws(FlashError) -> SwapEnd {
        let run = SwapRun(record, map: map)
        let isFirst = try run.finish(from: stepsDone, isResumed: isResumed, flash: &flash)
        if record.swap.type == .test {
            guard isFirst else { return .trialIsOver }
            isTrial = try decision(flash: &flash) == .trial
        } else if !isFirst {
            try settle(flash: &flash)
        }
        action =
            switch record.swap.type {
            case .test: .swappedForTest
            case .permanent: .swappedPermanently
            case .revert: .reverted
            case .none: .none
            }
        return .done
    }

    /// Verifies an image in the middle of a swap; if it does not verify, once more, as a read may be wrong.
    @inline(never)
    private mutating func isWhole<Flash: NORFlash & ~Copyable>(
        _ image: SwapView<Flash>.Image,
        after stepsDone: UInt32,
        of steps: SwapSteps,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        for _ in 0..<2 {
            var view = SwapView(image, after: stepsDone, of: steps, in: map, taking: flash)
            var isVerified = false
            do throws(ImageError) {
                _ = try SlotVerifier<Cryptography>.verify(&view, trust: trust)
                isVerified = true
            } catch {}
            let isPowerLost = view.isPowerLost
            flash = view.takeFlash()
            guard !isPowerLost else { throw .powerLost }
            if isVerified { return true }
        }
        return false
    }

    /// What speaks against a swap that was asked for.
    ///
    /// - Parameters:
    ///   - type: of the swap.
    ///   - swapSizeBytes: the size of the longer image, if nothing does.
    ///   - flash: the flash.
    /// - Returns: `nil`: nothing.
    /// - Throws: `powerLost`.
    @inline(never)
    private mutating func refusal<Flash: NORFlash & ~Copyable>(
        of type: SwapType,
        swapSizeBytes: inout UInt32,
        flash: inout Flash
    ) throws(FlashError) -> SwapRefusal? {
        let incoming: ImageFacts
        switch try facts(of: .secondary, flash: &flash) {
        case .none(let error): return .secondaryInvalid(error)
        case .image(let image): incoming = image
        }
        let outgoing = try facts(of: .primary, flash: &flash).image
        if type != .revert, let outgoing {
            if incoming.version < outgoing.version {
                return .downgrade(from: outgoing.version, to: incoming.version)
            }
            let objection = SecurityCounter.objection(
                toInstalling: incoming.securityCounter,
                over: outgoing.securityCounter,
                recorded: trust.securityCounter
            )
            if let objection { return .secondaryInvalid(objection) }
        }
        swapSizeBytes = max(incoming.totalSizeBytes, outgoing?.totalSizeBytes ?? 0)
        return nil
    }

    /// Swaps the image that ran before back in, by a request like any other, which a cut finds again. If there is none,
    /// the running one stays.
    ///
    /// - Returns: whether it is done.
    @inline(never)
    private mutating func goBack<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Bool {
        switch try facts(of: .secondary, flash: &flash) {
        case .none(let error):
            refusal = .nothingToRevertTo(error)
            try confirm(flash: &flash)
            return false
        case .image(let previous):
            guard try isWayBack(previous.version, flash: &flash) else {
                refusal = .nothingToRevertTo(.notAnImage)
                try confirm(flash: &flash)
                return false
            }
            try erase(.secondary, flash: &flash)
            try writeRequest(.revert, flash: &flash)
            return try start(.revert, number: nil, flash: &flash) == .done
        }
    }

    /// Whether an image of this version can be the one before a trial. A newer one cannot: no older one is tried.
    /// The primary's trailer then reads like a trial's because its erase was cut short, of a swap that was asked for by
    /// a request whose own erase was cut short. What MCUboot swapped in may be older.
    @inline(never)
    private mutating func isWayBack<Flash: NORFlash & ~Copyable>(
        _ version: ImageVersion,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        guard try BootTrailer(of: .primary, flash: &flash, map: map).record != nil,
            let running = try ImageSummary.read(from: .primary, flash: &flash, map: map)
        else { return true }
        return version <= running.version
    }

    /// Swaps in the secondary's image although nobody asked, by a permanent request.
    ///
    /// - Returns: whether there is one; if not, `error` says why.
    @inline(never)
    private mutating func recover<Flash: NORFlash & ~Copyable>(
        orSay error: inout ImageError,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        if case .none(let found) = try facts(of: .secondary, flash: &flash) {
            error = found
            return false
        }
        try erase(.secondary, flash: &flash)
        try writeRequest(.permanent, flash: &flash)
        guard try start(.permanent, number: nil, flash: &flash) == .done else { return false }
        action = .recovered
        isTrial = false
        return true
    }

    /// A confirmation that was cut short is finished here; so is that of an image that was swapped in for good.
    ///
    /// - Throws: `powerLost` only. A trust area that cannot be written any more keeps no image from running.
    @inline(never)
    private mutating func advanceSecurityCounter<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(FlashError) {
        guard let counter = image.map({ SecurityCounter.value(of: $0) }) else { return }
        let decision = try decision(flash: &flash)
        do throws(TrustError) {
            try SecurityCounter.advance(to: counter, as: decision, trust: &trust, flash: &flash, map: map)
        } catch {
            guard error != .flash(.powerLost) else { throw .powerLost }
        }
    }

    // MARK: Writing, each in a frame of its own

    @inline(never)
    private mutating func erase<Flash: NORFlash & ~Copyable>(_ slot: Slot, flash: inout Flash) throws(FlashError) {
        try writer.erase(slot, flash: &flash)
    }

    @inline(never)
    private mutating func settle<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        try writer.settle(flash: &flash)
    }

    @inline(never)
    private mutating func confirm<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        try writer.confirm(flash: &flash)
    }

    @inline(never)
    private mutating func writeRequest<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        flash: inout Flash
    ) throws(FlashError) {
        try writer.writeRequest(type, flash: &flash)
    }

    @inline(never)
    private mutating func log<Flash: NORFlash & ~Copyable>(
        _ swap: StartedSwap,
        flash: inout Flash
    ) throws(FlashError) {
        try SwapLog(map: map).append(swap, flash: &flash)
    }

    @inline(never)
    private mutating func write<Flash: NORFlash & ~Copyable>(
        _ record: SwapRecord,
        flash: inout Flash
    ) throws(FlashError) {
        try writer.write(record, flash: &flash)
    }

    // MARK: Looking

    @inline(never)
    private mutating func decision<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(FlashError) -> BootDecision {
        try BootDecision(flash: &flash, map: map)
    }

    @inline(never)
    private mutating func contents<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash
    ) throws(FlashError) -> SlotContents {
        try SlotVerifier<Cryptography>.contents(of: slot, flash: &flash, map: map, trust: trust)
    }

    /// The same, in short.
    @inline(never)
    mutating func facts<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash
    ) throws(FlashError) -> SlotFacts {
        switch try contents(of: slot, flash: &flash) {
        case .none(let error): .none(error)
        case .image(let image): .image(ImageFacts(image))
        }
    }
}
