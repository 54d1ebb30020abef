import Bootloader
import Flash

/// What the journal says, for people and tests.
public struct JournalStatus: Sendable {
    /// What is or was being downloaded.
    public var identity: JournalIdentity
    /// Bytes that one mark stands for.
    public var unitBytes: UInt32
    /// Units of the image.
    public var unitCount: UInt32
    /// Units of the image that are in flash.
    public var unitsMarked: UInt32
    /// The download was whole and verified; the marks mean nothing any more.
    public var isSealed: Bool
    /// The bootloader was told to try it.
    public var isInstalled: Bool
    /// The download was refused, and nothing of it is in flash; nil: it was not.
    public var refusal: RefusalReason?
    /// What was refused was, byte for byte, what the server's ETag names: it is downloaded again only if it is asked
    /// for, or if the device's keys or counter changed. All else is tried again after some offers.
    public var isRefusalFinal: Bool
    private var marks: BitSet

    /// Whether a unit of the image is in flash.
    public func isMarked(_ unit: UInt32) -> Bool { marks.contains(Int(unit)) }

    /// Bytes of the image that are in flash; at most the size that is known of it, which may be less than the image has
    /// if the server did not tell it.
    public var bytesMarked: UInt32 {
        let sizeBytes = UInt64(identity.sizeBytes)
        var bytes = UInt64(unitsMarked) * UInt64(unitBytes)
        let end = UInt64(unitCount) * UInt64(unitBytes)
        // The last unit is cut short by the end of the image.
        if unitsMarked > 0, isMarked(unitCount - 1), end > sizeBytes {
            bytes -= min(end - sizeBytes, UInt64(unitBytes))
        }
        return UInt32(min(sizeBytes, bytes))
    }

    /// Reads the journal of a flash; nil if it holds no download.
    ///
    /// - Throws: what reading throws.
    public static func read<Flash: NORFlash & ~Copyable>(
        map: FlashMap,
        flash: inout Flash
    ) throws(FlashError) -> JournalStatus? {
        var journal = DownloadJournal(
            area: map.journal,
            geometry: map.geometry,
            maximumImageBytes: map.maximumImageSizeBytes
        )
        try journal.open(&flash)
        guard let current = journal.current else { return nil }
        return JournalStatus(
            identity: current.identity,
            unitBytes: current.layout.unitBytes,
            unitCount: current.layout.unitCount,
            // Those of a refusal count offers.
            unitsMarked: current.refusal == nil ? UInt32(journal.marks.population) : 0,
            isSealed: current.isSealed,
            isInstalled: current.isInstalled,
            refusal: current.refusal?.reason(for: current.identity),
            isRefusalFinal: current.refusal != nil && current.refusals.isProven,
            marks: journal.marks
        )
    }
}
