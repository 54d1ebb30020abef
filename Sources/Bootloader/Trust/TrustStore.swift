import FirmwareImage

/// Why the provisioning record could not be read or written.
public enum TrustError: Error, Equatable, Sendable {
    /// Neither copy is whole: the device was never provisioned, or the area is damaged.
    case notProvisioned
    /// The sequence number of the record is at its end; after four thousand million rewrites.
    case exhausted
    /// The sectors of the trust area are smaller than a record.
    case areaTooSmall
    case flash(FlashError)
}

/// The provisioning record in the trust area, in two copies.
///
/// The copy with the higher sequence number counts. A rewrite erases and writes the other one, so that at every moment
/// of it one whole copy is there: the old one until the last bit of the new one's CRC is written.
public struct TrustStore: Sendable {
    private let map: FlashMap

    public init(map: FlashMap) {
        self.map = map
    }

    /// Reads the record.
    ///
    /// - Throws: `notProvisioned`, `flash`.
    public func read<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(TrustError) -> TrustRecord {
        guard let current = try current(flash: &flash) else { throw .notProvisioned }
        return current.record
    }

    /// Writes the record in place of the present one, if any. Nothing is written if it is the same.
    ///
    /// - Throws: `exhausted`, `areaTooSmall`, `flash`; the record before it stays.
    public func write<Flash: NORFlash & ~Copyable>(
        _ record: TrustRecord,
        flash: inout Flash
    ) throws(TrustError) {
        let current = try current(flash: &flash)
        if let current, current.record == record { return }
        guard current?.sequence != .max else { throw .exhausted }
        let copy = current.map { 1 - $0.copy } ?? 0
        let sequence = current.map { $0.sequence + 1 } ?? 1

        var buffer = FlashBuffer(repeating: map.geometry.erasedValue)
        do {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            record.encode(into: &bytes, sequence: sequence)
        }
        let unit = Int(map.geometry.writeAlignmentBytes)
        let byteCount = (TrustRecord.byteCount + unit - 1) / unit * unit
        let sector = try sector(ofCopy: copy)
        guard byteCount <= Int(sector.sizeBytes) else { throw .areaTooSmall }
        do throws(FlashError) {
            try flash.erase(sectorAt: sector.address)
            try flash.program(at: sector.address, buffer.span.bytes.extracting(0..<byteCount))
        } catch {
            throw .flash(error)
        }
    }

    private func current<Flash: NORFlash & ~Copyable>(
        flash: inout Flash
    ) throws(TrustError) -> (record: TrustRecord, sequence: UInt32, copy: UInt32)? {
        var best: (record: TrustRecord, sequence: UInt32, copy: UInt32)?
        for copy in 0..<UInt32(2) {
            var buffer = InlineArray<148, UInt8>(repeating: 0)
            let sector = try sector(ofCopy: copy)
            guard Int(sector.sizeBytes) >= TrustRecord.byteCount else { throw .areaTooSmall }
            do throws(FlashError) {
                try flash.read(at: sector.address, into: &buffer)
            } catch {
                throw .flash(error)
            }
            var sequence: UInt32 = 0
            guard let record = TrustRecord(decoding: buffer.span.bytes, sequence: &sequence) else { continue }
            if best.map({ sequence > $0.sequence }) ?? true {
                best = (record, sequence, copy)
            }
        }
        return best
    }

    private func sector(ofCopy copy: UInt32) throws(TrustError) -> FlashSector {
        guard let first = map.geometry.sector(containing: map.trust.offset),
            let sector = map.geometry.sector(at: first.index + copy)
        else { throw .areaTooSmall }
        return sector
    }
}
