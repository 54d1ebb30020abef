import FirmwareImage

/// The images of a test: the new one has more sectors than the old.
struct Images: Sendable {
    let older: [UInt8]
    let old: [UInt8]
    let new: [UInt8]

    init(_ geometry: TestGeometry) throws {
        let sector = try Int(geometry.map().slotSectorSizeBytes)
        older = try TestImages.image(ImageVersion(major: 0, minor: 1, revision: 0), bodyBytes: sector * 2)
        old = try TestImages.image(.v1, bodyBytes: sector + sector / 3)
        new = try TestImages.image(.v2, bodyBytes: sector * 2 - sector / 3)
    }
}
