import CoAP
import UpdateClient

/// What of a download is in flash, as the journal says.
struct Progress: Equatable, Sendable {
    let etag: ETag
    let bytes: UInt32
    /// What one power cut may cost: a sector, or what a mark stands for if that is more.
    let lossLimit: UInt32
    /// The cut was in the journal itself: it may be gone.
    var isJournalCut = false

    /// `nil`: there is no download, or it is whole and handed over.
    init?(_ flash: some ObservedFlash, _ setting: Setting) {
        var copy = flash.observed
        guard let status = try? JournalStatus.read(map: setting.map, flash: &copy), !status.isSealed,
            let etag = status.identity.etag
        else { return nil }
        self.etag = etag
        bytes = status.bytesMarked
        lossLimit = max(setting.map.slotSectorSizeBytes, status.unitBytes)
    }

    /// What speaks against a journal after a cut somewhere else.
    func objection(_ flash: some ObservedFlash, _ setting: Setting) -> String? {
        var copy = flash.observed
        guard !isJournalCut, (try? JournalStatus.read(map: setting.map, flash: &copy))?.identity.etag != etag else {
            return nil
        }
        return "the journal of a download is gone by a cut that was not in it"
    }

    /// What speaks against a run that got so many bytes of the same image to have all of it.
    func objection(served servedBytes: Int, of image: Image, cuts: Int) -> String? {
        let size = image.bytes.count
        guard etag == image.etag, servedBytes > size - Int(bytes) + cuts * Int(lossLimit) else { return nil }
        return "\(bytes) of \(size) bytes were in flash before the cut, and then \(servedBytes) are downloaded"
    }
}
