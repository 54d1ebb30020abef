import Bootloader
import FirmwareImage
import FlashEmulator
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Power cuts at every operation of every scenario, before, inside and after it; and again in the recovery.
///
/// Faults that must be survived: those of `PowerCut`. Checked after each:
/// - the device boots;
/// - what runs is byte for byte one of the two images, never a mix, and one that the scenario allows;
/// - an image on trial is gone at the next boot, one that is not stays;
/// - an update still comes through afterwards.
@Suite struct PowerFailTests {
    /// Added to every seed: `SEED=… swift test --filter PowerFailTests` plays other tears.
    static let firstSeed = getenv("SEED").flatMap { UInt64(String(cString: $0)) } ?? 0

    @Test(arguments: TestGeometry.allCases, Scenario.allCases)
    func everyOperation(geometry: TestGeometry, scenario: Scenario) throws {
        let images = try Images(geometry)
        var device = try scenario.start(geometry, images)
        let cuts = try Cuts(of: &device) { device in try scenario.run(&device, images) }
        var states = 0
        try cuts.forEach(seeds: Self.firstSeed..<Self.firstSeed + 12) { flash, place in
            states += 1
            var device = device
            device.flash = flash
            try check(device, geometry, scenario, images, place, updateAfterwards: true)
        }
        #expect(states > (scenario == .confirm ? 30 : scenario == .downgrade ? 100 : 500))
    }

    @Test(arguments: TestGeometry.allCases, Scenario.allCases)
    func everyOperationOfTheRecovery(geometry: TestGeometry, scenario: Scenario) throws {
        let images = try Images(geometry)
        var device = try scenario.start(geometry, images)
        let cuts = try Cuts(of: &device) { device in try scenario.run(&device, images) }
        try cuts.forEach(seeds: Self.firstSeed..<Self.firstSeed + 1) { flash, place in
            var second = device
            second.flash = flash
            let again = try Cuts(of: &second) { device in _ = try device.boot() }
            try again.forEach(seeds: Self.firstSeed..<Self.firstSeed + 1) { flash, secondPlace in
                var device = device
                device.flash = flash
                try check(
                    device,
                    geometry,
                    scenario,
                    images,
                    "\(place), then \(secondPlace)",
                    updateAfterwards: false
                )
            }
        }
    }

    private func check(
        _ start: Device,
        _ geometry: TestGeometry,
        _ scenario: Scenario,
        _ images: Images,
        _ place: String,
        updateAfterwards: Bool
    ) throws {
        var device = start
        func fail(_ what: String) {
            Issue.record(
                """
                \(geometry) \(scenario), cut at \(place): \(what); again with \
                SEED=\(Self.firstSeed) swift test -c release --filter PowerFailTests
                """
            )
        }
        let first: BootReport
        switch device.outcome() {
        case .failure(let error): return fail("\(error)")
        case .success(let report): first = report
        }
        guard let bytes = images.bytes(of: first.image.version),
            device.bytes(in: .primary, count: bytes.count) == bytes
        else { return fail("runs a mix, or \(first.image.version)") }
        guard scenario.allows(first, geometry, afterSecondCut: !updateAfterwards) else {
            return fail("not allowed: \(first)")
        }

        if first.isTrial, updateAfterwards {
            // Confirmed it stays.
            var confirmed = device
            try confirmed.confirm()
            guard case .success(let report) = confirmed.outcome(), report.image == first.image, !report.isTrial,
                report.action == .none
            else { return fail("confirmed, but not kept") }
        }
        guard case .success(let second) = device.outcome() else { return fail("no second boot") }
        if first.isTrial {
            guard second.image.version == .v1, second.action == .reverted, !second.isTrial else {
                return fail("unconfirmed, and not reverted: \(second)")
            }
        } else {
            guard second.image == first.image, second.action == .none, !second.isTrial else {
                return fail("not stable: \(second)")
            }
        }
        guard updateAfterwards else { return }
        do {
            let next = try TestImages.image(.v3, bodyBytes: images.new.count - 300)
            try device.download(next)
            try device.control.markPending(.test, flash: &device.flash)
            guard try device.boot().image.version == .v3 else { return fail("the next update did not start") }
            try device.confirm()
            guard try device.boot().image.version == .v3, device.bytes(in: .primary, count: next.count) == next else {
                return fail("the next update did not stay")
            }
        } catch {
            fail("the next update failed: \(error)")
        }
    }
}

/// Every state that a power cut can leave of a run.
struct Cuts {
    private let start: MemoryFlash
    private let operations: [FlashOperation]

    /// Does a run on a copy of the device and records its operations.
    init(of device: inout Device, _ run: (inout Device) throws -> Void) throws {
        var recorded = device
        recorded.flash.clearOperations()
        recorded.flash.recordsOperations = true
        try run(&recorded)
        operations = recorded.flash.operations
        var start = device.flash
        start.recordsOperations = false
        self.start = start
    }

    /// Gives each state, with the place of the cut in words.
    func forEach(seeds: Range<UInt64>, _ body: (MemoryFlash, String) throws -> Void) throws {
        var flash = start
        try body(flash, "0 before")
        for (index, operation) in operations.enumerated() {
            for mode in PowerCut.Mode.allCases where mode != .before && mode != .after {
                for seed in seeds {
                    var torn = flash
                    try torn.replay(operation, cut: mode, seed: seed &+ UInt64(index) &* 0x1_0000)
                    try body(torn, "\(index) \(mode) \(seed) \(Self.name(operation))")
                }
            }
            try flash.replay(operation)
            try body(flash, "\(index) after \(Self.name(operation))")
        }
    }

    private static func name(_ operation: FlashOperation) -> String {
        switch operation {
        case .program(let address, let bytes): "program \(address)+\(bytes.count)"
        case .erase(let address): "erase \(address)"
        }
    }
}
