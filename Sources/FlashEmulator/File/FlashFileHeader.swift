import Bootloader
import FirmwareImage
import Flash

/// The first page of a flash file.
///
/// Byte map (little-endian):
/// ```
/// offset  0..7        8..9     10..11          12            13         14..15           16..79
///         "NORFLASH"  version  page size 4096  erased value  run count  write alignment  8 × (count u32, size u32)
///
/// offset  80..111                                                          112..115  116..119        120..4095
///         trust, journal, primary, secondary: 4 × (offset u32, size u32)   zero      CRC-32 0…115    zero
/// ```
/// After it come the contents, byte for byte as the flash has them (`tail -c +4097` is a dump with the wear table at
/// its end), and one u32 of wear per sector.
struct FlashFileHeader: Equatable {
    static let pageBytes = 4096
    static let encodedBytes = 120
    static let version: UInt16 = 1
    static let magic: [UInt8] = Array("NORFLASH".utf8)

    var map: FlashMap

    /// What a page of bytes is, if it is no header.
    enum Defect: Error, Equatable {
        case notAFlashFile
        case version(UInt16)
        case damaged
    }

    init(map: FlashMap) {
        self.map = map
    }

    /// Reads a header and checks every number in it.
    init(decoding page: RawSpan) throws(Defect) {
        guard page.byteCount >= Self.encodedBytes,
            page.extracting(0..<8).elementsEqual(Self.magic.span.bytes)
        else { throw .notAFlashFile }
        var checksum = CRC32()
        checksum.update(page.extracting(0..<116))
        let version = page.littleEndianUInt16(at: 8)
        guard checksum.value == page.littleEndianUInt32(at: 116) else { throw .damaged }
        guard version == Self.version else { throw .version(version) }
        guard Int(page.littleEndianUInt16(at: 10)) == Self.pageBytes else { throw .damaged }
        var runs: [SectorRun] = []
        for index in 0..<min(Int(page.byte(at: 13)), FlashGeometry.maximumRunCount) {
            runs.append(
                SectorRun(
                    count: page.littleEndianUInt32(at: 16 + 8 * index),
                    sizeBytes: page.littleEndianUInt32(at: 20 + 8 * index)
                )
            )
        }
        let geometry: FlashGeometry
        do throws(FlashGeometryError) {
            geometry = try FlashGeometry(
                runs: runs.span,
                writeAlignmentBytes: UInt32(page.littleEndianUInt16(at: 14)),
                erasedValue: page.byte(at: 12)
            )
        } catch {
            throw .damaged
        }
        guard geometry.sectorCount <= FlashFile.maximumSectorCount else { throw .damaged }
        let areas = (0..<4).map { index in
            FlashArea(
                offset: page.littleEndianUInt32(at: 80 + 8 * index),
                sizeBytes: page.littleEndianUInt32(at: 84 + 8 * index)
            )
        }
        do throws(FlashMapError) {
            map = try FlashMap(
                geometry: geometry,
                trust: areas[0],
                journal: areas[1],
                primary: areas[2],
                secondary: areas[3]
            )
        } catch {
            throw .damaged
        }
    }

    /// The page to write.
    func encoded() -> [UInt8] {
        var page = [UInt8](repeating: 0, count: Self.pageBytes)
        let geometry = map.geometry
        var span = page.mutableSpan
        var bytes = span.mutableBytes
        bytes.store(Self.magic.span.bytes, at: 0)
        bytes.storeLittleEndian(Self.version, at: 8)
        bytes.storeLittleEndian(UInt16(Self.pageBytes), at: 10)
        bytes.store(geometry.erasedValue, at: 12)
        bytes.store(UInt8(geometry.runCount), at: 13)
        bytes.storeLittleEndian(UInt16(geometry.writeAlignmentBytes), at: 14)
        for index in 0..<geometry.runCount {
            if let run = geometry.run(at: index) {
                bytes.storeLittleEndian(run.count, at: 16 + 8 * index)
                bytes.storeLittleEndian(run.sizeBytes, at: 20 + 8 * index)
            }
        }
        for (index, area) in [map.trust, map.journal, map.primary, map.secondary].enumerated() {
            bytes.storeLittleEndian(area.offset, at: 80 + 8 * index)
            bytes.storeLittleEndian(area.sizeBytes, at: 84 + 8 * index)
        }
        var checksum = CRC32()
        checksum.update(bytes.bytes.extracting(0..<116))
        bytes.storeLittleEndian(checksum.value, at: 116)
        return page
    }

    var contentsOffset: Int { Self.pageBytes }
    var wearOffset: Int { Self.pageBytes + Int(map.geometry.totalBytes) }
    var fileBytes: Int { wearOffset + 4 * Int(map.geometry.sectorCount) }
}
