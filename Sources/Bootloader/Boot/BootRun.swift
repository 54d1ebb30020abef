import FirmwareImage

/// One boot, and what it has done so far.
///
/// What has large values of its own and is called from several places, or seldom, is not inlined: the stack of each caller
/// would have room for them all the time.
struct BootRun<Cryptography: DeviceCryptography> {
    let map: FlashMap
    private(set) var trust: TrustRecord
    private let writer: TrailerWriter
    private var action = BootAction.none
    private var resumedSwap = false
    private var refusal: SwapRefusal?
    private var isTrial = false

    /// Each step is done with or erases what asked for it, so a boot takes at most: discard a request, give up a
    /// revert or write its request, swap. Twice that is never reached.
    private static var stepLimit: Int { 6 }

    init(map: FlashMap, trust: TrustRecord) {
        self.map = map
        self.trust = trust
        writer = TrailerWriter(map: map)
    }

    mutating func boot<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(FlashError) -> Result<BootReport, BootError> {
        guard try followTrailers(flash: &flash) else { return .failure(.noProgress) }
        var primary = try contents(of: .primary, flash: &flash)
        if case .none(let primaryError) = primary {
            switch try contents(of: .secondary, flash: &flash) {
            case .none(let secondaryError):
                return .failure(.noBootableImage(primary: primaryError, secondary: secondaryError))
            case .image(let image):
                try recover(image, flash: &flash)
            }
            primary = try contents(of: .primary, flash: &flash)
        }
        switch primary {
        case .none(let primaryError):
            // A flash that does not keep what is written: there is nothing left to try.
            return .failure(.noBootableImage(primary: primaryError, secondary: .notAnImage))
        case .image(let image):
            try advanceSecurityCounter(to: image, flash: &flash)
            return .success(
                BootReport(
                    image: image,
                    action: action,
                    resumedSwap: resumedSwap,
                    isTrial: isTrial,
                    refusal: refusal
                )
            )
        }
    }

    /// Does what the trailers ask for until a swap was done or nothing is asked for.
    ///
    /// - Returns: `false` if the bound was reached.
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
        let incoming: VerifiedImage
        switch try contents(of: .secondary, flash: &flash) {
        case .none(let error):
            try discardRequest(.secondaryInvalid(error), flash: &flash)
            return false
        case .image(let image):
            incoming = image
        }
        let outgoing = try contents(of: .primary, flash: &flash).image
        if type != .revert, let outgoing {
            if incoming.version < outgoing.version {
                try discardRequest(.downgrade(from: outgoing.version, to: incoming.version), flash: &flash)
                return false
            }
            let objection = SecurityCounter.objection(
                toInstalling: SecurityCounter.value(of: incoming),
                over: SecurityCounter.value(of: outgoing),
                recorded: trust.securityCounter
            )
            if let objection {
                try discardRequest(.secondaryInvalid(objection), flash: &flash)
                return false
            }
        }
        if secondary.swapInfo == nil {
            try writer.writeSwapInfo(.secondary, type, flash: &flash)
        }
        // From here on the primary's trailer does not tell any more what to do: the request must.
        if type == .test { try writer.witnessTest(flash: &flash) }
        try writer.witnessMagic(.secondary, flash: &flash)
        try swap(type, incoming: incoming, outgoing: outgoing, recorded: primary, flash: &flash)
        return true
    }

    private mutating func swap<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        incoming: VerifiedImage,
        outgoing: VerifiedImage?,
        recorded primary: BootTrailer? = nil,
        flash: inout Flash
    ) throws(FlashError) {
        let swapSizeBytes = max(incoming.totalSizeBytes, outgoing?.totalSizeBytes ?? 0)
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

    /// How far a recorded swap got.
    ///
    /// - Returns: `nil` if the record is about no images that are there.
    func progress<Flash: NORFlash & ~Copyable>(
        of type: SwapType,
        swapSizeBytes: UInt32,
        flash: inout Flash
    ) throws(FlashError) -> SwapProgress? {
        let run = SwapRun(map: map, swapSizeBytes: swapSizeBytes)
        guard let recorded = try SwapProgress.read(imageSectors: run.imageSectors, flash: &flash, map: map) else {
            return nil
        }
        let progress = try believable(recorded, of: run, flash: &flash)
        let inPlace = try contents(of: .primary, flash: &flash).image
        let incoming = try image(.incoming, of: run, progress, flash: &flash)
        if incoming == nil {
            // The image that comes is damaged. If one that may be booted lies in the primary slot as it is, it stays.
            // Else, if the one that goes is whole, finishing puts it together in the secondary slot, from where it is
            // recovered.
            guard inPlace == nil, try image(.outgoing, of: run, progress, flash: &flash) != nil else { return nil }
        } else if let incoming, let inPlace {
            // While the outgoing image still lies whole in place, the record must be one that this code would write.
            guard inPlace.totalSizeBytes <= swapSizeBytes, type == .revert || incoming.version >= inPlace.version
            else { return nil }
        }
        return progress
    }

    /// Corrects what the status records say by what is in the slots.
    ///
    /// A record that was cut short may read otherwise now than at the last boot. If it was read, and the boot went on and was
    /// cut, then the step it stands for must not be done again: the next one has begun to erase what it copied from. If it
    /// was not read, that step has begun again, and is not done. The images tell: both are whole by the true progress.
    private func believable<Flash: NORFlash & ~Copyable>(
        _ recorded: SwapProgress,
        of run: SwapRun,
        flash: inout Flash
    ) throws(FlashError) -> SwapProgress {
        var best = recorded
        var most = try wholeImages(of: run, recorded, flash: &flash)
        let next = recorded.next(imageSectors: run.imageSectors)
        let previous = recorded.previous(imageSectors: run.imageSectors)
        if most == 2 {
            // Unless that was luck: a sector that reads right now and then.
            let isNext = try isCopied(by: run.step(after: recorded), isSourceSteady: false, flash: &flash)
            let isPrevious = try isCopied(by: run.step(after: previous), isSourceSteady: true, flash: &flash)
            guard let other = isNext ? next : isPrevious ? previous : nil,
                try wholeImages(of: run, other, flash: &flash) == 2
            else { return recorded }
            return other
        }
        let others: InlineArray<2, SwapProgress?> = [next, previous]
        for index in 0..<2 {
            guard let other = others[index] else { continue }
            let count = try wholeImages(of: run, other, flash: &flash)
            if count > most { (best, most) = (other, count) }
        }
        return best
    }

    /// Whether only one side of a step's copy reads the same every time, and it is that one.
    private func isCopied<Flash: NORFlash & ~Copyable>(
        by step: SwapStep?,
        isSourceSteady: Bool,
        flash: inout Flash
    ) throws(FlashError) -> Bool {
        guard let step else { return false }
        let byteCount = map.slotSectorSizeBytes
        guard try flash.isSteady(at: step.source, byteCount: byteCount) == isSourceSteady else { return false }
        return try flash.isSteady(at: step.destination, byteCount: byteCount) != isSourceSteady
    }

    /// How many of the two images are whole if this is the progress.
    private func wholeImages<Flash: NORFlash & ~Copyable>(
        of run: SwapRun,
        _ progress: SwapProgress,
        flash: inout Flash
    ) throws(FlashError) -> Int {
        let incoming = try image(.incoming, of: run, progress, flash: &flash)
        let outgoing = try image(.outgoing, of: run, progress, flash: &flash)
        return (incoming == nil ? 0 : 1) + (outgoing == nil ? 0 : 1)
    }

    /// Asks for the image that ran before, by a request like any other: from here on a cut finds it again.
    @inline(never)
    private mutating func requestRevert<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        switch try contents(of: .secondary, flash: &flash) {
        case .none(let error):
            refusal = .nothingToRevertTo(error)
            try writer.writeImageOK(flash: &flash)
        case .image:
            try writer.erase(.secondary, flash: &flash)
            try writer.write(.secondary, type: .revert, imageOK: true, swapSizeBytes: nil, flash: &flash)
        }
    }

    /// Swaps in the secondary's image although nobody asked, by a permanent request.
    @inline(never)
    private mutating func recover<Flash: NORFlash & ~Copyable>(
        _ image: VerifiedImage,
        flash: inout Flash
    ) throws(FlashError) {
        try writer.erase(.secondary, flash: &flash)
        try writer.write(.secondary, type: .permanent, imageOK: true, swapSizeBytes: nil, flash: &flash)
        try swap(.permanent, incoming: image, outgoing: nil, flash: &flash)
        action = .recovered
        isTrial = false
    }

    /// A confirmation that was cut short is finished here; so is that of an image that was swapped in for good.
    ///
    /// - Throws: `powerLost` only. A trust area that cannot be written any more keeps no image from running.
    @inline(never)
    private mutating func advanceSecurityCounter<Flash: NORFlash & ~Copyable>(
        to image: VerifiedImage,
        flash: inout Flash
    ) throws(FlashError) {
        do throws(TrustError) {
            let counter = SecurityCounter.value(of: image)
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

    /// Verifies an image in the middle of a swap.
    @inline(never)
    private func image<Flash: NORFlash & ~Copyable>(
        _ image: SwapView<Flash>.Image,
        of run: SwapRun,
        _ progress: SwapProgress,
        flash: inout Flash
    ) throws(FlashError) -> VerifiedImage? {
        var view = SwapView(
            image,
            progress: progress,
            imageSectors: run.imageSectors,
            of: map,
            taking: flash
        )
        let verified: VerifiedImage?
        do throws(ImageError) {
            verified = try SlotVerifier<Cryptography>.verify(&view, trust: trust)
        } catch {
            verified = nil
        }
        let isPowerLost = view.isPowerLost
        flash = view.takeFlash()
        guard !isPowerLost else { throw .powerLost }
        return verified
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
