/// Consecutive sectors of one size.
public struct SectorRun: Equatable, Sendable {
    /// Sectors in the run.
    public let count: UInt32
    /// Bytes of a sector.
    public let sizeBytes: UInt32

    /// See the properties.
    public init(count: UInt32, sizeBytes: UInt32) {
        self.count = count
        self.sizeBytes = sizeBytes
    }
}

/// One sector: the unit of erasing.
public struct FlashSector: Equatable, Sendable {
    /// From 0 at the start of the flash.
    public let index: UInt32
    /// The address of its first byte.
    public let address: UInt32
    /// Bytes of a sector.
    public let sizeBytes: UInt32

    /// The address behind its last byte.
    public var end: UInt32 { address + sizeBytes }
}

/// Why numbers do not describe a flash.
public enum FlashGeometryError: Error, Equatable, Sendable {
    /// None, or more than `FlashGeometry.maximumRunCount`.
    case runCount(Int)
    /// A run without sectors, or sectors that are empty or no multiple of the write alignment.
    case sectorRun(count: UInt32, sizeBytes: UInt32)
    /// More than `FlashGeometry.maximumTotalBytes`.
    case tooLarge
    /// Not a power of two from 1 to 256.
    case writeAlignment(UInt32)
    /// Neither 0xFF nor 0x00.
    case erasedValue(UInt8)
}

/// The shape of a flash: runs of equal sectors, write unit, erased value.
public struct FlashGeometry: Equatable, Sendable {
    /// STM32F4 parts with two banks have six.
    public static let maximumRunCount = 8
    /// 256 MiB: more than these devices have, and small enough that no sum of two addresses overflows.
    public static let maximumTotalBytes: UInt32 = 1 << 28

    private var runs: InlineArray<8, SectorRun>
    /// How many runs there are.
    public let runCount: Int
    /// The smallest unit of programming, in bytes; a power of two, 1…256.
    public let writeAlignmentBytes: UInt32
    /// What a byte reads after erasing: 0xFF, or 0x00 on some parts.
    public let erasedValue: UInt8
    /// The whole flash.
    public let totalBytes: UInt32
    /// Sectors of the whole flash.
    public let sectorCount: UInt32

    /// Checks and takes a description.
    ///
    /// - Throws: `FlashGeometryError`, which says the number at fault.
    public init(
        runs: Span<SectorRun>,
        writeAlignmentBytes: UInt32,
        erasedValue: UInt8 = 0xFF
    ) throws(FlashGeometryError) {
        guard runs.count >= 1, runs.count <= Self.maximumRunCount else { throw .runCount(runs.count) }
        guard writeAlignmentBytes >= 1, writeAlignmentBytes <= 256, writeAlignmentBytes.nonzeroBitCount == 1 else {
            throw .writeAlignment(writeAlignmentBytes)
        }
        guard erasedValue == 0xFF || erasedValue == 0x00 else { throw .erasedValue(erasedValue) }
        var total: UInt64 = 0
        var sectors: UInt64 = 0
        var copy = InlineArray<8, SectorRun>(repeating: SectorRun(count: 0, sizeBytes: 0))
        for index in 0..<runs.count {
            let run = runs[index]
            guard run.count > 0, run.sizeBytes > 0, run.sizeBytes % writeAlignmentBytes == 0 else {
                throw .sectorRun(count: run.count, sizeBytes: run.sizeBytes)
            }
            total += UInt64(run.count) * UInt64(run.sizeBytes)
            sectors += UInt64(run.count)
            guard total <= UInt64(Self.maximumTotalBytes) else { throw .tooLarge }
            copy[index] = run
        }
        self.runs = copy
        runCount = runs.count
        self.writeAlignmentBytes = writeAlignmentBytes
        self.erasedValue = erasedValue
        totalBytes = UInt32(truncatingIfNeeded: total)
        sectorCount = UInt32(truncatingIfNeeded: sectors)
    }

    /// A flash of equal sectors.
    ///
    /// - Throws: as above.
    public init(
        sectorCount: UInt32,
        sectorSizeBytes: UInt32,
        writeAlignmentBytes: UInt32,
        erasedValue: UInt8 = 0xFF
    ) throws(FlashGeometryError) {
        let run = InlineArray<1, SectorRun>(repeating: SectorRun(count: sectorCount, sizeBytes: sectorSizeBytes))
        try self.init(runs: run.span, writeAlignmentBytes: writeAlignmentBytes, erasedValue: erasedValue)
    }

    /// The run at `index`; `nil` past the last one.
    public func run(at index: Int) -> SectorRun? {
        index >= 0 && index < runCount ? runs[index] : nil
    }

    /// The sector that holds `address`; `nil` past the end of the flash.
    public func sector(containing address: UInt32) -> FlashSector? {
        var runAddress: UInt32 = 0
        var firstIndex: UInt32 = 0
        for index in 0..<runCount {
            let run = runs[index]
            let runBytes = run.count * run.sizeBytes
            if address - runAddress < runBytes {
                let sector = (address - runAddress) / run.sizeBytes
                return FlashSector(
                    index: firstIndex + sector,
                    address: runAddress + sector * run.sizeBytes,
                    sizeBytes: run.sizeBytes
                )
            }
            runAddress += runBytes
            firstIndex += run.count
        }
        return nil
    }

    /// The sector number `sectorIndex`; `nil` past the last one.
    public func sector(at sectorIndex: UInt32) -> FlashSector? {
        var runAddress: UInt32 = 0
        var firstIndex: UInt32 = 0
        for index in 0..<runCount {
            let run = runs[index]
            if sectorIndex - firstIndex < run.count {
                return FlashSector(
                    index: sectorIndex,
                    address: runAddress + (sectorIndex - firstIndex) * run.sizeBytes,
                    sizeBytes: run.sizeBytes
                )
            }
            runAddress += run.count * run.sizeBytes
            firstIndex += run.count
        }
        return nil
    }

    /// Whether `address` is the start of a sector or the end of the flash.
    public func isSectorBoundary(_ address: UInt32) -> Bool {
        address == totalBytes || sector(containing: address)?.address == address
    }

    /// Where an area is cut into two halves: the sector boundary at or after its middle; `nil` if that is its end or
    /// past the end of the flash.
    public func middle(of area: FlashArea) -> UInt32? {
        guard area.sizeBytes > 0, area.end <= UInt64(totalBytes) else { return nil }
        let half = area.offset + area.sizeBytes / 2
        guard let sector = sector(containing: half) else { return nil }
        let middle = sector.address == half ? half : sector.end
        return middle > area.offset && UInt64(middle) < area.end ? middle : nil
    }

    /// Whether both have the same sectors, write alignment and erased value.
    public static func == (left: FlashGeometry, right: FlashGeometry) -> Bool {
        guard left.runCount == right.runCount, left.writeAlignmentBytes == right.writeAlignmentBytes,
            left.erasedValue == right.erasedValue
        else { return false }
        for index in 0..<left.runCount where left.runs[index] != right.runs[index] {
            return false
        }
        return true
    }
}
