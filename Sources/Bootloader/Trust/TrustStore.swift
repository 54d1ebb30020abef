import FirmwareImage
import Flash

/// Why the trust record could not be read or written.
public enum TrustError: Error, Equatable, Sendable {
    /// Neither copy is whole: the device was never provisioned, or the area is damaged.
    case notProvisioned
    /// The write number of the record is at its end; after four thousand million rewrites.
    case exhausted
    /// The sectors of the trust area are too small for this record.
    case areaTooSmall
    case flash(FlashError)

    init(_ error: RecordPairError) {
        self =
            switch error {
            case .nothingWritten: .notProvisioned
            case .exhausted: .exhausted
            case .areaTooSmall: .areaTooSmall
            case .flash(let error): .flash(error)
            }
    }
}

/// The trust record in the trust area, a `RecordPair`: two copies, of which one is whole and sure at every moment of a
/// write.
public struct TrustStore: Sendable {
    private let pair: RecordPair<TrustRecord>

    /// The store in the trust area of this map.
    public init(map: FlashMap) {
        pair = RecordPair(in: map.trust, of: map.geometry)
    }

    /// Bytes that each half of the area needs for any record.
    static func halfSizeBytes(writeAlignmentBytes unit: UInt32) -> UInt32 {
        RecordPair<TrustRecord>.halfSizeBytes(writeAlignmentBytes: unit)
    }

    /// Reads the record that counts, and changes nothing. After a power cut in a write it may be the old one or the new
    /// one, and another one next time; see ``settle(flash:)``.
    ///
    /// - Throws: `notProvisioned`, `areaTooSmall`, `flash`.
    public func read<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(TrustError) -> TrustRecord {
        var record = TrustRecord()
        do throws(RecordPairError) {
            try pair.read(&record, flash: &flash)
        } catch {
            throw TrustError(error)
        }
        return record
    }

    /// Finishes or undoes what a power cut left of a write, and reads the record: from here on every reading gives it.
    /// Writes nothing if there is nothing to be done.
    ///
    /// - Throws: `notProvisioned`, `areaTooSmall`, `flash`.
    public func settle<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(TrustError) -> TrustRecord {
        var record = TrustRecord()
        do throws(RecordPairError) {
            try pair.settle(&record, flash: &flash)
        } catch {
            throw TrustError(error)
        }
        return record
    }

    /// Writes the record in place of the present one, if any. Nothing is written if it is the same.
    ///
    /// - Throws: `exhausted`, `areaTooSmall`, `flash`; the record before it stays, or this one is written in full.
    public func write<Flash: NORFlash & ~Copyable>(_ record: TrustRecord, flash: inout Flash) throws(TrustError) {
        do throws(RecordPairError) {
            try pair.write(record, flash: &flash)
        } catch {
            throw TrustError(error)
        }
    }
}
