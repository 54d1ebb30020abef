import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import Testing

/// Reads that fail, and reads that are wrong once. Seeded by the place of the fault, so a failure names its own.
@Suite(.timeLimit(.minutes(15))) struct FaultyReadTests {
    private enum State: CaseIterable {
        case requested, earlyInASwap, lateInASwap, onTrial, confirmed
    }

    /// Each read of a boot is wrong once, one boot per read: what the boot comes to is the same. A wrong bit under the
    /// digest must not install the older image, and a wrong bit in a trailer must not start, stop or misplace a swap.
    @Test(arguments: TestGeometry.allCases) func oneWrongRead(_ geometry: TestGeometry) throws {
        let images = try Images(geometry)
        for state in State.allCases {
            let device = try Self.device(geometry, images, state)
            var clean = device
            let before = clean.flash.counters.reads
            let expected = try clean.boot()
            let reads = clean.flash.counters.reads - before
            for read in stride(from: 0, to: reads, by: geometry == .words ? 1 : 7) {
                var faulty = device
                faulty.flash.misread = Misread(readsLeft: read, seed: read)
                let hint: Comment = "\(geometry) \(state), read \(read) of \(reads)"
                let report = try faulty.boot()
                #expect(report == expected, hint)
                #expect(
                    faulty.bytes(in: .primary, count: images.new.count)
                        == clean.bytes(in: .primary, count: images.new.count),
                    hint
                )
                // And nothing of it is left for the next boot.
                var next = clean
                #expect(try faulty.boot().image.version == next.boot().image.version, hint)
            }
        }
    }

    /// One unit of a trailer or of the trust area fails to read for good: an image runs that is whole.
    @Test(arguments: TestGeometry.allCases) func unreadableUnits(_ geometry: TestGeometry) throws {
        let images = try Images(geometry)
        for state in [State.requested, .onTrial, .confirmed] {
            let device = try Self.device(geometry, images, state)
            let map = device.map
            let unit = map.geometry.writeAlignmentBytes
            var addresses: [UInt32] = Array(stride(from: map.trust.offset, to: UInt32(map.trust.end), by: Int(unit)))
            for area in [map.primary, map.secondary] {
                let start = area.offset + map.trailer.statusOffset
                addresses += stride(from: start, to: UInt32(area.end), by: Int(unit))
            }
            for address in addresses {
                var faulty = device
                faulty.flash.failToRead(address..<address + unit)
                let hint: Comment = "\(geometry) \(state), unit at \(address)"
                for _ in 0..<3 {
                    let report = try faulty.boot()
                    let image = report.image.version == .v2 ? images.new : images.old
                    #expect(faulty.bytes(in: .primary, count: image.count) == image, hint)
                    if state == .confirmed { #expect(report.image.version == .v2, hint) }
                }
            }
        }
    }

    /// A whole sector fails to read, in each area: the other copy, the other image; or an error that says what each
    /// slot holds.
    @Test(arguments: TestGeometry.allCases) func unreadableSectors(_ geometry: TestGeometry) throws {
        let images = try Images(geometry)
        let device = try Self.device(geometry, images, .confirmed)
        let map = device.map
        for name in FlashAreaName.allCases {
            let area = map.area(named: name)
            var address = area.offset
            while UInt64(address) < area.end, let sector = map.geometry.sector(containing: address) {
                var faulty = device
                faulty.flash.failToRead(sector.address..<sector.end)
                let report = try faulty.boot()
                let image = report.image.version == .v2 ? images.new : images.old
                #expect(faulty.bytes(in: .primary, count: image.count) == image, "\(geometry) sector at \(address)")
                address = sector.end
            }
        }
        var faulty = device
        for area in [map.primary, map.secondary] {
            faulty.flash.failToRead(area.offset..<area.offset + map.slotSectorSizeBytes)
        }
        #expect(throws: BootError.noBootableImage(primary: .source(.unreadable(5)), secondary: .source(.unreadable(5))))
        {
            try faulty.boot()
        }
    }

    /// A blank trailer with a programmed bit, as an erase leaves that programs to zero first and is cut short: the
    /// image that was confirmed runs, whatever bit of either trailer it is.
    @Test(arguments: TestGeometry.allCases) func blankTrailersWithABit(_ geometry: TestGeometry) throws {
        let images = try Images(geometry)
        var device = try geometry.device()
        try device.install(images.new, in: .primary)
        _ = try device.boot()
        let map = device.map
        let erased = map.geometry.erasedValue
        for slot in Slot.allCases {
            let area = map.area(of: slot)
            for address in area.offset + map.trailer.statusOffset..<UInt32(area.end) {
                var faulty = device
                faulty.flash.overwrite(at: address, [erased ^ 1 << UInt8(address % 8)])
                let report = try faulty.boot()
                #expect(report.action == .none && report.image.version == .v2, "\(geometry) bit at \(address)")
            }
        }
    }

    private static func device(_ geometry: TestGeometry, _ images: Images, _ state: State) throws -> Device {
        var device = try geometry.device()
        try device.install(images.old, in: .primary)
        _ = try device.boot()
        try device.download(images.new)
        try device.control.markPending(.test, flash: &device.flash)
        switch state {
        case .requested: break
        case .earlyInASwap, .lateInASwap:
            var clean = device
            let before = clean.flash.counters.operations
            _ = try clean.boot()
            let operations = clean.flash.counters.operations - before
            let operation = state == .earlyInASwap ? operations / 2 : operations - 4
            device.flash.cutPower(PowerCut(operation: operation, mode: .after))
            _ = device.outcome()
            device.flash.powerOn()
        case .onTrial:
            _ = try device.boot()
        case .confirmed:
            _ = try device.boot()
            try device.confirm()
        }
        return device
    }
}
