import Bootloader
import FirmwareImage
import FlashEmulator
import SeededRandom
import Testing

/// Slots and trailers that nobody wrote on purpose: never a trap, always an image that verifies or a clear error, and
/// never is an image lost that lay bootable in the primary slot.
@Suite(.timeLimit(.minutes(20))) struct NonsenseTests {
    static let seeds = Cuts.firstSeed..<Cuts.firstSeed + 40

    @Test(arguments: TestGeometry.allCases, seeds)
    func randomFlash(geometry: TestGeometry, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
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
        var random = SplitMix64(seed: seed)
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

    static func trailer(_ map: FlashMap, _ random: inout SplitMix64) -> BootTrailer {
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

    static func scribbleStatus(_ device: inout Device, _ slot: Slot, _ random: inout SplitMix64) {
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

/// Devices in every state of an update, cut in the middle of it or not, and then damaged at random.
@Suite(.timeLimit(.minutes(20))) struct DamageTests {
    static let seeds = Cuts.firstSeed..<Cuts.firstSeed + 1_500

    private enum State: CaseIterable {
        case atRest, requested, onTrial, confirmed, inASwap, inASwapTwice, goingBack
    }

    /// Never a trap and never an error that says nothing: an image runs that is whole and signed, or there is none and
    /// the error says what was found. What lay bootable in a primary slot at rest stays bootable, whatever happens to
    /// all the rest.
    @Test(arguments: TestGeometry.allCases)
    func anyState(geometry: TestGeometry) throws {
        let images = try Images(geometry)
        for seed in Self.seeds {
            var random = SplitMix64(seed: seed)
            let state = State.allCases.randomElement(using: &random) ?? .atRest
            var device = try Self.device(geometry, images, state, &random)
            let sparesPrimary = Bool.random(using: &random)
            let damage = Self.damage(&device, sparesPrimary: sparesPrimary, &random)
            let context: Comment =
                "\(geometry) \(state) \(damage): SEED=\(seed) Tools/test --filter DamageTests"

            // Looking at it changes nothing and ends.
            _ = try device.control.state(flash: &device.flash)
            _ = try SwapUnderWay.read(flash: &device.flash, map: device.map)
            if Int.random(in: 0..<4, using: &random) == 0 {
                do throws(ConfirmationError) {
                    try device.confirm()
                } catch {
                    if case .flash = error { Issue.record("confirm: \(error); \(context)") }
                }
            }
            let isAtRest = ![.inASwap, .inASwapTwice, .goingBack].contains(state)
            // Bits of an image that read differently each time boot once and then not, if what would have had them
            // written again is damaged too.
            let isStable = device.flash.unstableBits.isEmpty
            var hasBooted = isAtRest && sparesPrimary
            for boot in 0..<4 {
                switch device.outcome() {
                case .success(let report):
                    hasBooted = hasBooted || isStable
                    let whole = [images.older, images.old, images.new].contains {
                        device.bytes(in: .primary, count: $0.count) == $0
                    }
                    #expect(whole, "boot \(boot) runs \(report.image.version), which is a mix; \(context)")
                case .failure(.noBootableImage), .failure(.trust(.notProvisioned)):
                    #expect(!hasBooted, "boot \(boot) finds nothing; \(context)")
                case .failure(let error):
                    Issue.record("boot \(boot): \(error); \(context)")
                }
            }
        }
    }

    private static func device(
        _ geometry: TestGeometry,
        _ images: Images,
        _ state: State,
        _ random: inout SplitMix64
    ) throws -> Device {
        var device = try geometry.device()
        try device.install(images.old, in: .primary)
        guard state != .atRest else { return device }
        try device.download(images.new)
        try device.control.markPending(Bool.random(using: &random) ? .test : .permanent, flash: &device.flash)
        switch state {
        case .atRest, .requested:
            break
        case .onTrial:
            _ = device.outcome()
        case .confirmed:
            _ = device.outcome()
            try device.confirm()
        case .inASwap:
            cutBoot(&device, &random)
        case .inASwapTwice:
            cutBoot(&device, &random)
            cutBoot(&device, &random)
        case .goingBack:
            _ = device.outcome()
            cutBoot(&device, &random)
        }
        return device
    }

    private static func cutBoot(_ device: inout Device, _ random: inout SplitMix64) {
        var whole = device
        whole.flash.clearOperations()
        let before = whole.flash.counters.operations
        _ = whole.outcome()
        let operations = whole.flash.counters.operations - before
        guard operations > 0 else { return }
        device.flash.cutPower(
            PowerCut(
                operation: .random(in: 0..<operations, using: &random),
                mode: PowerCut.Mode.allCases.randomElement(using: &random) ?? .before,
                seed: random.next()
            )
        )
        _ = device.outcome()
        device.flash.powerOn()
    }

    /// Does one to three things to a flash, and says which. With `sparesPrimary` the trust area and all of the primary
    /// slot but its trailer stay as they are.
    private static func damage(
        _ device: inout Device,
        sparesPrimary: Bool,
        _ random: inout SplitMix64
    ) -> String {
        let map = device.map
        let erased = map.geometry.erasedValue
        let trailerBytes = map.primary.sizeBytes - map.trailer.statusOffset
        let trailers = [map.primary, map.secondary].map { UInt32($0.end) - trailerBytes..<UInt32($0.end) }
        let ranges =
            sparesPrimary
            ? trailers + [map.secondary.offset..<UInt32(map.secondary.end)] : [0..<map.geometry.totalBytes] + trailers
        var told: [String] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let range = ranges.randomElement(using: &random) ?? trailers[0]
            let address = UInt32.random(in: range, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                told.append("byte at \(address)")
                device.flash.overwrite(at: address, [.random(in: 0...255, using: &random)])
            case 1:
                told.append("bit at \(address)")
                let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                device.flash.overwrite(at: address, [device.flash.contents[Int(address)] ^ bit])
            case 2:
                let count = min(range.upperBound - address, 1 << UInt32.random(in: 2...10, using: &random))
                let values: [UInt8?] = [nil, erased, ~erased]
                let value = values.randomElement(using: &random) ?? nil
                told.append("\(count) bytes at \(address)")
                device.flash.overwrite(
                    at: address,
                    (0..<count).map { _ in value ?? .random(in: 0...255, using: &random) }
                )
            case 3:
                told.append("trailers half-written")
                for slot in Slot.allCases {
                    let magic = Device.magic(map.trailer)
                    let cut = Int.random(in: 0...magic.count, using: &random)
                    device.setTrailer(
                        slot,
                        NonsenseTests.trailer(map, &random),
                        magic: Array(magic[..<cut]) + [UInt8](repeating: erased, count: magic.count - cut)
                    )
                }
            case 4:
                let slot = Slot.allCases.randomElement(using: &random) ?? .primary
                told.append("trailer of \(slot) with nonsense fields")
                device.setTrailer(slot, NonsenseTests.trailer(map, &random))
            default:
                let slot = Slot.allCases.randomElement(using: &random) ?? .primary
                told.append("status of \(slot)")
                NonsenseTests.scribbleStatus(&device, slot, &random)
            }
        }
        return told.joined(separator: ", ")
    }
}

extension Images {
    var olderVersion: ImageVersion { ImageVersion(major: 0, minor: 1, revision: 0) }
}
