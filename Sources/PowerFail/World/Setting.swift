import Bootloader
import FirmwareImage
import FlashEmulator

/// What does not change in a run: the flash map, the images, the scenario.
struct Setting: Sendable {
    let geometry: PowerGeometry
    let scenario: PowerScenario
    let map: FlashMap
    let images: Images
    /// The block size exponent of downloads.
    let szx: UInt8
    private let isSmall: Bool

    /// - Parameters:
    ///   - geometry: the flash.
    ///   - scenario: what is done with it.
    ///   - isSmall: images of one or two sectors.
    /// - Throws: `RunError.setup`, if an image does not fit.
    init(_ geometry: PowerGeometry, _ scenario: PowerScenario, isSmall: Bool = false) throws {
        self.geometry = geometry
        self.scenario = scenario
        map = try geometry.map()
        szx = geometry.szx
        self.isSmall = isSmall
        images = try Images(
            sectorBytes: Int(map.slotSectorSizeBytes),
            isSmall: isSmall,
            hasEqualCounters: scenario == .revert
        )
        guard images.all.allSatisfy({ $0.bytes.count <= Int(map.maximumImageSizeBytes) }) else {
            throw RunError.setup("\(geometry): an image does not fit")
        }
    }

    /// A provisioned device.
    func flash() throws -> MemoryFlash {
        var flash = MemoryFlash(geometry: map.geometry, isWriteOnce: geometry.isWriteOnce)
        let record = try TrustRecord(
            productID: Images.productID,
            anchors: TrustAnchors(Images.anchor(Images.trustedKey))
        )
        try TrustStore(map: map).write(record, flash: &flash)
        return flash
    }

    /// Puts an image into a slot as a programmer would.
    func install(_ image: Image, in slot: Slot, _ flash: inout MemoryFlash) throws {
        var bytes = image.bytes
        while bytes.count % Int(map.geometry.writeAlignmentBytes) != 0 { bytes.append(map.geometry.erasedValue) }
        let area = map.area(of: slot)
        var address = area.offset
        while UInt64(address) < area.end {
            try flash.erase(sectorAt: address)
            address += map.slotSectorSizeBytes
        }
        try flash.program(at: area.offset, bytes.span.bytes)
    }

    /// Blocks of a download that is half done.
    var blocksOfHalf: UInt32 { isSmall ? 1 : 3 }

    /// Whether a slot begins with just this image.
    func holds(_ image: Image, in slot: Slot, _ flash: MemoryFlash) -> Bool {
        let offset = Int(map.area(of: slot).offset)
        return flash.contents.withUnsafeBytes { contents in
            image.bytes.withUnsafeBytes { bytes in
                UnsafeRawBufferPointer(rebasing: contents[offset..<offset + bytes.count]).elementsEqual(bytes)
            }
        }
    }
}
