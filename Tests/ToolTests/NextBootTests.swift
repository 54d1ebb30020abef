import Bootloader
import Flash
import FlashEmulator
import Foundation
import Testing

/// What `coap-fw-client status` says of the next boot is what `reboot` then does.
@Suite(.timeLimit(.minutes(15))) struct NextBootTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop.withDevice()
        try #require(try workshop.release("2.0.0").status == 0)
    }

    /// Puts the image of 2.0.0 into the secondary slot, as a debugger would.
    private func install() throws -> FlashFile {
        var file = try FlashFile.open(path: "\(workshop.path)/good.flash")
        let image = try workshop.bytes("Images/7/2.0.0/firmware.bin")
        let unit = Int(file.geometry.writeAlignmentBytes)
        let padding = [UInt8](repeating: file.geometry.erasedValue, count: (unit - image.count % unit) % unit)
        try SlotControl(map: file.map).prepareSecondary(flash: &file)
        try erase(&file, .secondary)
        try file.program(at: file.map.secondary.offset, (image + padding).span.bytes)
        return file
    }

    private func erase(_ file: inout FlashFile, _ slot: Slot) throws {
        let area = file.map.area(of: slot)
        for offset in stride(from: area.offset, to: area.offset + area.sizeBytes, by: 1024) {
            try file.erase(sectorAt: offset)
        }
    }

    private func expect(_ next: String, then action: String, _ version: String) throws {
        let status = try workshop.client("status", "--flash", "good.flash", "--json")
        #expect(try status.json()["next_boot"] as? String == next, "\(status)")
        let boot = try workshop.client("reboot", "--flash", "good.flash", "--json")
        #expect(try boot.json()["action"] as? String == action, "\(boot)")
        #expect(try boot.json()["version"] as? String == version, "\(boot)")
    }

    @Test func noneThenTestThenRevert() throws {
        try expect("none", then: "none", "1.0.0")
        do {
            var file = try install()
            try SlotControl(map: file.map).markPending(.test, flash: &file)
        }
        try expect("test", then: "swapped-for-test", "2.0.0")
        try expect("revert", then: "reverted", "1.0.0")
        try expect("none", then: "none", "1.0.0")
    }

    @Test func permanent() throws {
        do {
            var file = try install()
            try SlotControl(map: file.map).markPending(.permanent, flash: &file)
        }
        try expect("permanent", then: "swapped-permanently", "2.0.0")
        try expect("none", then: "none", "2.0.0")
    }

    @Test func recover() throws {
        do {
            var file = try install()
            try erase(&file, .primary)
        }
        try expect("recover", then: "recovered", "2.0.0")
        try expect("none", then: "none", "2.0.0")
    }

    @Test func nothing() throws {
        do {
            var file = try FlashFile.open(path: "\(workshop.path)/good.flash")
            try erase(&file, .primary)
        }
        let status = try workshop.client("status", "--flash", "good.flash", "--json")
        #expect(try status.json()["next_boot"] as? String == "nothing", "\(status)")
        #expect(try workshop.client("reboot", "--flash", "good.flash").status == 65)
    }
}
