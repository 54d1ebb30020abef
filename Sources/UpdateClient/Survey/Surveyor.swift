import Bootloader
import CoAP
import FirmwareImage
import Flash

/// Finds out what is on the device, and brings the journal up to date with what the bootloader did meanwhile.
enum Surveyor<Cryptography: DeviceCryptography> {
    /// Reads trust record, slots, trailers and journal. A confirmation that was cut short is finished.
    ///
    /// - Throws: `SurveyError`.
    static func survey<Flash: NORFlash & ~Copyable>(
        configuration: UpdateConfiguration,
        journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(SurveyError) -> DeviceSurvey {
        let map = configuration.map
        var survey = DeviceSurvey()
        do { survey.trust = try TrustStore(map: map).settle(flash: &flash) } catch { throw .trust(error) }
        guard survey.trust.anchors.count > 0 else { throw .trust(.notProvisioned) }
        let decision: BootDecision
        do { decision = try BootDecision(flash: &flash, map: map) } catch { throw .flash(error) }
        guard !decision.isSwapUnderWay else { throw .swapUnderWay }
        let running: InstalledImage?
        do {
            try journal.open(&flash)
            running = try SlotScan<Cryptography>(map: map, trust: survey.trust).image(in: .primary, flash: &flash)
        } catch {
            throw .flash(error)
        }
        survey.running = running
        do {
            let counter = running?.securityCounter ?? 0
            try SecurityCounter.advance(to: counter, as: decision, trust: &survey.trust, flash: &flash, map: map)
        } catch {
            // A trust area that cannot be written keeps nobody from updating: what runs is a lower bound all the same.
            guard error != .flash(.powerLost) else { throw .trust(error) }
        }
        do {
            let scan = SlotScan<Cryptography>(map: map, trust: survey.trust)
            // What is said from here on must be so at the boot as well.
            try scan.settle(decision, flash: &flash)
            survey.isTrial = survey.running != nil && decision.swap == .revert
            survey.candidate = try candidate(
                scan,
                pending: decision.swap == .test || decision.swap == .permanent ? decision.swap : nil,
                running: survey.running,
                journal: &journal,
                flash: &flash
            )
        } catch {
            throw .flash(error)
        }
        survey.refused = refused(configuration, survey, journal)
        return survey
    }

    /// What the journal says was refused, if it would still be.
    private static func refused(
        _ configuration: UpdateConfiguration,
        _ survey: DeviceSurvey,
        _ journal: borrowing DownloadJournal
    ) -> RefusedImage? {
        guard !configuration.retriesRefused, let current = journal.current, let refusal = current.refusal,
            !journal.isRefusalOver, current.identity.productID == configuration.productID
        else { return nil }
        return refusal.standing(
            for: current.identity,
            trust: survey.trust,
            runningCounter: survey.running?.securityCounter,
            maximumBytes: configuration.map.maximumImageSizeBytes
        ).map {
            RefusedImage(etag: current.identity.etag, reason: $0, isProven: current.refusals.isProven)
        }
    }

    private static func candidate<Flash: NORFlash & ~Copyable>(
        _ scan: SlotScan<Cryptography>,
        pending: SwapType?,
        running: InstalledImage?,
        journal: inout DownloadJournal,
        flash: inout Flash
    ) throws(FlashError) -> DeviceSurvey.Candidate? {
        let sealed = journal.current.flatMap { $0.isSealed ? $0 : nil }
        guard pending != nil || sealed != nil else { return nil }
        if let sealed, let running, running.version == sealed.identity.version {
            // It runs. Should it be rolled back from here, the journal has to know that it had its chance.
            try journal.recordInstallation(&flash)
        }
        guard let image = try scan.image(in: .secondary, flash: &flash) else { return nil }
        let isJournals = sealed?.identity.version == image.version
        if let pending {
            // The boot would refuse it.
            if let running, image.version < running.version { return nil }
            // The cut may have come while it was asked for: what is told and recorded now must be so at the boot as
            // well. The journal says that the request stood for sure, and is dropped before that is erased.
            if journal.current == nil { try journal.drop(&flash) }
            // An installation that reads as not recorded may read as recorded once the request is written again.
            if isJournals, sealed?.isInstalled == false { try journal.settle(&flash) }
            try scan.renewRequest(pending, isErased: !isJournals || sealed?.isInstalled != true, flash: &flash)
            if isJournals { try journal.recordInstallation(&flash) }
            return .pending(image)
        }
        // After a swap it is the image that ran before, and none of the journal's business.
        guard let sealed, isJournals, image.etag != running?.etag else { return nil }
        return sealed.isInstalled ? .rolledBack(image) : .verified(image)
    }
}
