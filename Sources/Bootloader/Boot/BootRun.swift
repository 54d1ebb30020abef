import FirmwareImage
import Flash

/// One boot, and what it has done so far.
///
/// Stack: it is not copied, as it is large for a device. What has large values of its own and is called from several
/// places, or seldom, is not inlined: each caller would take its room all the time.
struct BootRun<Cryptography: DeviceCryptography>: ~Copyable {
    let writer: TrailerWriter
    private(set) var trust: TrustRecord
    private var action = BootAction.none
    private var resumedSwap = false
    private var refusal: SwapRefusal?
    private var isTrial = false

    /// Each step is done with or erases what asked for it, so a boot takes at most: discard a request, give up a
    /// revert or write its request, swap. Twice that is never reached.
    private static var stepLimit: Int { 6 }

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
        let image = try bootableImage(flash: &flash)
        do throws(FlashError) {
            try advanceSecurityCounter(to: SecurityCounter.value(of: image), flash: &flash)
        } catch {
            throw .flash(error)
        }
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

    /// The image in the primary slot; if there is none that may be booted, that of the secondary slot is brought there.
    @inline(never)
    private mutating func bootableImage<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(BootError) -> VerifiedImage {
        var primary: SlotContents
        // If what was brought there is not there after all, the flash does not keep what is written, and there is
        // nothing left to try.
        var secondaryError = ImageError.notAnImage
        do throws(FlashError) {
            primary = try contents(of: .primary, flash: &flash)
            if case .none = primary, try recover(orSay: &secondaryError, flash: &flash) {
                primary = try contents(of: .primary, flash: &flash)
            }
        } catch {
            throw .flash(error)
        }
        switch primary {
        case .image(let image): return image
        case .none(let error): throw .noBootableImage(primary: error, secondary: secondaryError)
        }
    }

    /// Does what the trailers ask for until a swap was done or nothing is asked for.
    ///
    /// - Returns: `false` if the bound was reached.
    @inline(never)
    private mutating func followTrailers<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        for _ in 0..<Self.stepLimit {
            let primary = try BootTrailer(of: .primary, flash: &flash, map: map)
            let secondary = try BootTrailer(of: .secondary, flash: &flash, map: map)
            var step = BootStep(
                primary: primary,
                secondary: secondary,
                maximumImageSizeBytes: map.maximumImageSizeBytes
            )
            if case .resume(let type, let swapSizeBytes) = step {
                if try resume(type, swapSizeBytes: swapSizeBytes, flash: &flash) {
                    isTrial = type == .test && primary.imageOK == .unset
                    return true
                }
                step = BootStep(
                    primary: primary,
                    secondary: secondary,
                    maximumImageSizeBytes: map.maximumImageSizeBytes,
                    isRecordFalse: true
                )
            }
            switch step {
            case .boot, .resume:
                // What runs from here on must not be taken for a swap under way, or for a trial, by the next boot.
                if primary.magic == .good, primary.copyDone != .unset, primary.imageOK != .unset {
                    try writer.witnessCopy(flash: &flash)
                    try writer.witnessConfirmation(flash: &flash)
                }
                return true
            case .start(let type):
                if try start(type, primary: primary, secondary: secondary, flash: &flash) {
                    isTrial = type == .test
                    return true
                }
            case .discardRequest:
                try discardRequest(.damagedRequest, flash: &flash)
            case .revert:
                try requestRevert(flash: &flash)
            }
        }
        return false
    }

    /// Begins a swap that the secondary's trailer asks for, or erases the request.
    ///
    /// - Returns: whether the swap was done.
    private mutating func start<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        primary: BootTrailer,
        secondary: BootTrailer,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        var swapSizeBytes: UInt32 = 0
        if let refusal = try refusal(of: type, swapSizeBytes: &swapSizeBytes, flash: &flash) {
            try discardRequest(refusal, flash: &flash)
            return false
        }
        if secondary.swapInfo == nil {
            try writer.writeSwapInfo(.secondary, type, flash: &flash)
        }
        // From here on the primary's trailer does not tell any more what to do: the request must.
        if type == .test { try writer.witnessTest(flash: &flash) }
        try writer.witnessMagic(.secondary, flash: &flash)
        try swap(type, swapSizeBytes: swapSizeBytes, recorded: primary, flash: &flash)
        return true
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
    private func refusal<Flash: NORFlash & ~Copyable>(
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

    @inline(never)
    private mutating func swap<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        swapSizeBytes: UInt32,
        recorded primary: BootTrailer? = nil,
        flash: inout Flash
    ) throws(FlashError) {
        let run = SwapRun(map: map, swapSizeBytes: swapSizeBytes)
        // A record of just this swap stays: the cut may have come while the request was erased, and then the request is
        // what cannot be relied on.
        let record = BootTrailer(
            magic: .good,
            imageOK: type == .test ? .unset : .set,
            swapInfo: type.rawValue,
            swapSizeBytes: swapSizeBytes,
            isWitnessed: primary?.isWitnessed ?? false
        )
        let progress = try SwapProgress.read(imageSectors: run.imageSectors, flash: &flash, map: map)
        if primary != record || progress != .moved(sectors: 0) {
            try writer.erase(.primary, flash: &flash)
            try writer.write(
                .primary,
                type: type,
                imageOK: type != .test,
                swapSizeBytes: swapSizeBytes,
                flash: &flash
            )
        }
        try run.finish(from: .moved(sectors: 0), flash: &flash)
        action = Self.action(of: type)
    }

    /// Goes on with a recorded swap.
    ///
    /// - Returns: whether it was done; `false`, and nothing changed, if the record is about no images that are there.
    private mutating func resume<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        swapSizeBytes: UInt32,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        guard let progress = try progress(of: type, swapSizeBytes: swapSizeBytes, flash: &flash) else { return false }
        try SwapRun(map: map, swapSizeBytes: swapSizeBytes).finish(from: progress, flash: &flash)
        action = Self.action(of: type)
        resumedSwap = true
        return true
    }

    /// Asks for the image that ran before, by a request like any other: from here on a cut finds it again.
    @inline(never)
    private mutating func requestRevert<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        switch try facts(of: .secondary, flash: &flash) {
        case .none(let error):
            refusal = .nothingToRevertTo(error)
            try writer.writeImageOK(flash: &flash)
        case .image:
            try writer.erase(.secondary, flash: &flash)
            try writer.write(.secondary, type: .revert, imageOK: true, swapSizeBytes: nil, flash: &flash)
        }
    }

    /// Swaps in the secondary's image although nobody asked, by a permanent request.
    ///
    /// - Returns: whether there is one; if not, `error` says why.
    @inline(never)
    private mutating func recover<Flash: NORFlash & ~Copyable>(
        orSay error: inout ImageError,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        let image: ImageFacts
        switch try facts(of: .secondary, flash: &flash) {
        case .none(let found):
            error = found
            return false
        case .image(let found):
            image = found
        }
        try writer.erase(.secondary, flash: &flash)
        try writer.write(.secondary, type: .permanent, imageOK: true, swapSizeBytes: nil, flash: &flash)
        try swap(.permanent, swapSizeBytes: image.totalSizeBytes, flash: &flash)
        action = .recovered
        isTrial = false
        return true
    }

    /// A confirmation that was cut short is finished here; so is that of an image that was swapped in for good.
    ///
    /// - Throws: `powerLost` only. A trust area that cannot be written any more keeps no image from running.
    @inline(never)
    private mutating func advanceSecurityCounter<Flash: NORFlash & ~Copyable>(
        to counter: UInt32,
        flash: inout Flash
    ) throws(FlashError) {
        do throws(TrustError) {
            try SecurityCounter.advance(to: counter, trust: &trust, flash: &flash, map: map)
        } catch {
            guard error != .flash(.powerLost) else { throw .powerLost }
        }
    }

    private mutating func discardRequest<Flash: NORFlash & ~Copyable>(
        _ reason: SwapRefusal,
        flash: inout Flash
    ) throws(FlashError) {
        refusal = reason
        try writer.erase(.secondary, flash: &flash)
    }

    @inline(never)
    private func contents<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash
    ) throws(FlashError) -> SlotContents {
        try SlotVerifier<Cryptography>.contents(of: slot, flash: &flash, map: map, trust: trust)
    }

    /// The same, in short.
    @inline(never)
    func facts<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash
    ) throws(FlashError) -> SlotFacts {
        switch try contents(of: slot, flash: &flash) {
        case .none(let error): .none(error)
        case .image(let image): .image(ImageFacts(image))
        }
    }

    private static func action(of type: SwapType) -> BootAction {
        switch type {
        case .test: .swappedForTest
        case .permanent: .swappedPermanently
        case .revert: .reverted
        case .none: .none
        }
    }
}
