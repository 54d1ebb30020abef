import Bootloader
import FirmwareImage
import FirmwarePackaging
import FlashEmulator
import HostCryptography
import SeededRandom
import UpdateClient

/// A flash with a bootloader, an application that confirms itself or not, and a power supply that fails.
struct SimulatedDevice {
    typealias Boot = Bootloader<HostCryptography>

    let map: FlashMap
    let releases: Releases
    var flash: MemoryFlash
    /// What the last boot did.
    private(set) var report: BootReport?
    /// The newest version that was ever confirmed: nothing older may run again.
    private(set) var confirmed = Releases.running
    private var cuts: [Int]
    private var random: SplitMix64
    private var operationsChecked: UInt64 = 0

    init(releases: Releases, scenario: Scenario, seed: UInt64) throws {
        self.releases = releases
        map = scenario.map
        flash = MemoryFlash(geometry: map.geometry)
        random = SplitMix64(seed: seed ^ 0x464C_4153_48)
        cuts = scenario.powerCuts
        let record = TrustRecord(productID: Releases.productID, anchors: TrustAnchors(releases.anchor))
        try TrustStore(map: map).write(record, flash: &flash)
        var image = releases.factory
        while image.count % Int(map.geometry.writeAlignmentBytes) != 0 { image.append(map.geometry.erasedValue) }
        try flash.program(at: map.primary.offset, image.span.bytes)
        armNextCut()
    }

    var isPowerLost: Bool { !flash.isPowered }

    /// Resets, as often as the power fails, until an image runs; that must be one that may.
    mutating func powerOnAndBoot() throws {
        for _ in 0..<1000 {
            if isPowerLost {
                flash.powerOn()
                armNextCut()
            }
            do {
                let report = try Boot.boot(flash: &flash, map: map)
                self.report = report
                try check(report, in: flash)
                if !report.isTrial { confirmed = max(confirmed, report.image.version) }
                return
            } catch let error as BootError {
                guard error == .flash(.powerLost) else { throw SimulationError.violation("does not boot: \(error)") }
            }
        }
        throw SimulationError.violation("the bootloader never ends")
    }

    /// The application says that it works. If the power fails meanwhile, it may end as confirmed or as reverted.
    mutating func confirm() throws {
        do {
            _ = try Confirmation<HostCryptography>.confirm(flash: &flash, map: map)
            if let version = report?.image.version { confirmed = max(confirmed, version) }
        } catch ConfirmationError.flash(.powerLost) {
            try powerOnAndBoot()
        }
    }

    /// The image that runs was there before the step; what would run after a power cut now is an image that may.
    mutating func checkAfterStep(often: Bool = false) throws {
        let operations = flash.counters.operations
        guard operations != operationsChecked else { return }
        operationsChecked = operations
        try checkProgress()
        guard often || random.happens(0.1) else { return }
        var copy = flash
        copy.powerOn()
        do {
            let report = try Boot.boot(flash: &copy, map: map)
            try check(report, in: copy)
        } catch let error as BootError {
            throw SimulationError.violation("would not boot after a power cut now: \(error)")
        }
    }

    /// What the journal calls progress is in flash, and is of the one image that the journal names.
    private func checkProgress() throws {
        var copy = flash
        copy.powerOn()
        guard let status = try JournalStatus.read(map: map, flash: &copy), !status.isSealed else { return }
        let offered = releases.offered.first { payload in
            payload.count == Int(status.identity.sizeBytes)
                && PayloadDescription(of: payload)?.etag == status.identity.etag
        }
        guard let offered else { throw SimulationError.violation("progress of an image that was never offered") }
        let slot = Int(map.secondary.offset)
        for unit in 0..<status.unitCount where status.isMarked(unit) {
            let start = Int(unit * status.unitBytes)
            let range = start..<min(start + Int(status.unitBytes), offered.count)
            guard copy.contents[(slot + range.lowerBound)..<(slot + range.upperBound)] == offered[range] else {
                throw SimulationError.violation("bytes \(range) are marked, but others are in flash")
            }
        }
    }

    /// The released bytes that stand in a slot, if they are those of an image that may run on the device.
    func release(in slot: Slot) -> [UInt8]? {
        let offset = Int(map.area(of: slot).offset)
        return releases.installable.first { flash.contents[offset..<(offset + $0.count)].elementsEqual($0) }
    }

    private func check(_ report: BootReport, in flash: MemoryFlash) throws {
        let offset = Int(map.primary.offset)
        let running = releases.installable.first {
            flash.contents[offset..<(offset + $0.count)].elementsEqual($0)
        }
        guard running != nil else {
            throw SimulationError.violation("runs \(report.image.version), which no trusted key released")
        }
        guard report.image.version >= confirmed else {
            throw SimulationError.violation("runs \(report.image.version), older than the confirmed \(confirmed)")
        }
    }

    private mutating func armNextCut() {
        guard !cuts.isEmpty else { return }
        let position = UInt64(cuts.removeFirst())
        let done = flash.counters.operations
        let mode = PowerCut.Mode.allCases.randomElement(using: &random) ?? .before
        flash.cutPower(PowerCut(operation: position > done ? position - done : 0, mode: mode, seed: random.next()))
    }
}
