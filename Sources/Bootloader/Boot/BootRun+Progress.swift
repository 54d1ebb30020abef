import FirmwareImage
import Flash

/// How far a recorded swap got, by the records and by what is in the slots.
extension BootRun {
    /// How far a recorded swap got.
    ///
    /// - Returns: `nil` if the record is about no images that are there.
    @inline(never)
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
        let inPlace = try facts(of: .primary, flash: &flash).image
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
    /// A record that was cut short may read otherwise now than at the last boot. If it was read, and the boot went on
    /// and was cut, then the step it stands for must not be done again: the next one has begun to erase what it copied
    /// from. If it was not read, that step has begun again, and is not done. The images tell: as many as there are, are
    /// whole by the true progress.
    private func believable<Flash: NORFlash & ~Copyable>(
        _ recorded: SwapProgress,
        of run: SwapRun,
        flash: inout Flash
    ) throws(FlashError) -> SwapProgress {
        var best = recorded
        var most = try wholeImages(of: run, recorded, flash: &flash)
        let next = recorded.next(imageSectors: run.imageSectors)
        let previous = recorded.previous(imageSectors: run.imageSectors)
        if most > 0 {
            // What is whole may be so by luck: a sector that reads right now and then.
            let isNext = try isCopied(by: run.step(after: recorded), isSourceSteady: false, flash: &flash)
            let isPrevious = try isCopied(by: run.step(after: previous), isSourceSteady: true, flash: &flash)
            if let other = isNext ? next : isPrevious ? previous : nil,
                try wholeImages(of: run, other, flash: &flash) >= most
            {
                return other
            }
        }
        if most == 2 { return recorded }
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

    /// Verifies an image in the middle of a swap.
    @inline(never)
    private func image<Flash: NORFlash & ~Copyable>(
        _ image: SwapView<Flash>.Image,
        of run: SwapRun,
        _ progress: SwapProgress,
        flash: inout Flash
    ) throws(FlashError) -> ImageFacts? {
        var view = SwapView(
            image,
            progress: progress,
            imageSectors: run.imageSectors,
            of: map,
            taking: flash
        )
        let verified: ImageFacts?
        do throws(ImageError) {
            verified = ImageFacts(try SlotVerifier<Cryptography>.verify(&view, trust: trust))
        } catch {
            verified = nil
        }
        let isPowerLost = view.isPowerLost
        flash = view.takeFlash()
        guard !isPowerLost else { throw .powerLost }
        return verified
    }
}
