import Bootloader
import FirmwareImage
import Flash
import HostCryptography
import Testing

/// A device: its flash, provisioned, with a running image.
enum TestDevice {
    static func map(_ part: FlashPart = .nrf52840) throws -> FlashMap { try part.map() }

    /// 64 sectors of 1 KiB: small enough to cut power at every operation.
    static func smallMap(alignment: UInt32 = 4, erasedValue: UInt8 = 0xFF) throws -> FlashMap {
        let geometry = try FlashGeometry(
            sectorCount: 64,
            sectorSizeBytes: 1024,
            writeAlignmentBytes: alignment,
            erasedValue: erasedValue
        )
        return try FlashMap(standardFor: geometry)
    }

    static func flash(
        _ map: FlashMap,
        running: [UInt8]?,
        productID: UInt16? = 7,
        anchors: [UInt8] = [1]
    ) throws -> [UInt8] {
        var flash = CutFlash(geometry: map.geometry)
        try TrustStore(map: map).write(try trust(productID: productID, anchors: anchors), flash: &flash)
        if let running { try install(running, in: .primary, map, &flash) }
        return flash.contents
    }

    static func trust(productID: UInt16? = 7, anchors: [UInt8] = [1], set: UInt32 = 0) throws -> TrustRecord {
        var keys = TrustAnchors()
        for number in anchors { #expect(keys.append(try TestRelease.anchor(number))) }
        return TrustRecord(productID: productID, anchors: keys, anchorSetNumber: set)
    }

    static func install(_ image: [UInt8], in slot: Slot, _ map: FlashMap, _ flash: inout CutFlash) throws {
        let unit = Int(map.geometry.writeAlignmentBytes)
        let padding = (unit - image.count % unit) % unit
        let padded = image + [UInt8](repeating: map.geometry.erasedValue, count: padding)
        try flash.program(at: map.area(of: slot).offset, padded.span.bytes)
    }
}
