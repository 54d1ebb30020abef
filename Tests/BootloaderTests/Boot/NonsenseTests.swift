import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

/// Slots and trailers that nobody wrote on purpose: never a trap, always an image that verifies or a clear error, and
/// never is an image lost that lay bootable in the primary slot.
@Suite struct NonsenseTests {
    static let seeds = Cuts.firstSeed..<Cuts.firstSeed + 40

    @Test(arguments: TestGeometry.allCases, seeds)
    func randomFlash(geometry: TestGeometry, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var device = try geometry.device()
        for area in [device.map.primary, device.map.secondary] {
            device.flash.overwrite(
                at: area.offset,
                (0..<area.sizeBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
            )
        }
        guard case .failure(.noBootableImage) = device.outcome() else {
            Issue.record("\(geometry) seed \(seed): booted random bytes")
            return
        }
        // The trust area as well.
        device.flash.overwrite(
            at: 0,
            (0..<device.map.geometry.totalBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
        )
        #expect(device.outcome() == .failure(.trust(.notProvisioned)))
    }

    @Test(arguments: TestGeometry.allCases, seeds)
    func nonsenseTrailers(geometry: TestGeometry, seed: UInt64) throws {
        let images = try Images(geometry)
        var random = SeededGenerator(seed: seed)
        for round in 0..<40 {
            var device = try geometry.device()
            try device.install(images.old, in: .primary)
            let secondary = Int.random(in: 0..<4, using: &random)
            switch secondary {
            case 0: break
            case 1: try device.install(images.new, in: .secondary)
            case 2: try device.install(images.older, in: .secondary)
            default:
                try device.install(images.new, in: .secondary)
                device.flash.overwrite(at: device.map.secondary.offset + 200, [0x55, 0xAA])
            }
            for slot in Slot.allCases where Int.random(in: 0..<4, using: &random) > 0 {
                device.setTrailer(slot, Self.trailer(device.map, &random))
                Self.scribbleStatus(&device, slot, &random)
            }
            // Until it is at rest: a trial is confirmed or not.
            var last: BootReport?
            for _ in 0..<4 {
                switch device.outcome() {
                case .failure(let error):
                    Issue.record("\(geometry) seed \(seed) round \(round) secondary \(secondary): \(error)")
                    return
                case .success(let report):
                    last = report
                }
            }
            let version = last?.image.version
            let expected =
                version == .v1
                ? images.old
                : version == .v2 && secondary == 1
                    ? images.new : version == images.olderVersion && secondary == 2 ? images.older : nil
            guard let expected, device.bytes(in: .primary, count: expected.count) == expected else {
                Issue.record("\(geometry) seed \(seed) round \(round) secondary \(secondary): runs \(version as Any)")
                return
            }
        }
    }

    private static func trailer(_ map: FlashMap, _ random: inout SeededGenerator) -> BootTrailer {
        let flags: [TrailerFlag] = [.set, .unset, .bad]
        let sizes: [UInt32?] = [
            nil, 0, 1, 600, map.slotSectorSizeBytes, map.slotSectorSizeBytes * 2, map.maximumImageSizeBytes,
            map.maximumImageSizeBytes + 1, .max - 1, UInt32.random(in: 0...(.max), using: &random),
        ]
        let infos: [UInt8?] = [nil, 1, 2, 3, 4, 5, 0x12, 0xF2, UInt8.random(in: 0...255, using: &random)]
        return BootTrailer(
            magic: [.good, .good, .unset, .bad].randomElement(using: &random) ?? .good,
            imageOK: flags.randomElement(using: &random) ?? .set,
            copyDone: flags.randomElement(using: &random) ?? .set,
            swapInfo: infos.randomElement(using: &random) ?? nil,
            swapSizeBytes: sizes.randomElement(using: &random) ?? nil
        )
    }

    private static func scribbleStatus(_ device: inout Device, _ slot: Slot, _ random: inout SeededGenerator) {
        let layout = device.map.trailer
        guard Bool.random(using: &random) else { return }
        let records = 3 * layout.sectorCapacity
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let record = UInt32.random(in: 0..<records, using: &random)
            device.flash.overwrite(
                at: device.map.area(of: slot).offset + layout.statusOffset + record * layout.recordSizeBytes,
                [UInt8.random(in: 0...255, using: &random)]
            )
        }
    }
}

extension Images {
    var olderVersion: ImageVersion { ImageVersion(major: 0, minor: 1, revision: 0) }
}
