import Foundation
import Testing

/// A flash file as an accident or an enemy leaves it, and what must become of it.
struct HostileFlash: Sendable, CustomTestStringConvertible {
    enum Verdict: Sendable {
        /// No program opens it; all name this.
        case refused(String)
        /// It opens, and the image of the factory boots.
        case boots
        /// It opens, nothing boots; `reboot` ends with this code and names this.
        case bootsNothing(Int32, String)
    }

    let name: String
    let verdict: Verdict
    /// Puts it at `h.flash` of the workshop, from the bytes of a good one.
    let make: @Sendable (Workshop, FlashBytes) throws -> Void

    var testDescription: String { name }

    init(_ name: String, _ verdict: Verdict, make: @escaping @Sendable (Workshop, FlashBytes) throws -> Void) {
        self.name = name
        self.verdict = verdict
        self.make = make
    }

    /// A good file with changes.
    private static func changed(
        _ name: String,
        _ verdict: Verdict,
        _ change: @escaping @Sendable (inout FlashBytes) -> Void
    ) -> HostileFlash {
        HostileFlash(name, verdict) { workshop, good in
            var file = good
            change(&file)
            try workshop.write(file.bytes, to: "h.flash")
        }
    }

    private static let damaged = Verdict.refused("the header of the flash file is damaged; restore a copy")
    private static let notOne = Verdict.refused("not a flash file; name one that coap-fw-tool flash create made")
    private static let untrusted = Verdict.bootsNothing(
        78,
        "no bootable image: no copy of its trust record is whole, so no key is trusted; restore a copy or make it anew"
    )

    static let all: [HostileFlash] = files + headers + notFiles + contents

    private static let files = [
        changed("empty", notOne) { $0.bytes = [] },
        changed("the header's magic alone", notOne) { $0.bytes = Array($0.bytes[..<8]) },
        changed("the header but for its last byte", notOne) { $0.bytes = Array($0.bytes[..<119]) },
        changed("the header's fields alone", .refused("truncated, 120 of 69888 bytes; restore a copy")) {
            $0.bytes = Array($0.bytes[..<120])
        },
        changed("the header page alone", .refused("truncated, 4096 of 69888 bytes")) {
            $0.bytes = Array($0.bytes[..<4096])
        },
        changed("half", .refused("truncated, 34944 of 69888 bytes")) { $0.bytes = Array($0.bytes[..<34_944]) },
        changed("one byte short", .refused("truncated, 69887 of 69888 bytes")) { $0.bytes.removeLast() },
        changed("one byte long", .refused("69889 bytes where its header says 69888")) { $0.bytes.append(0) },
        changed("twice", .refused("139776 bytes where its header says 69888")) { $0.bytes += $0.bytes },
        changed("random bytes", notOne) { $0.randomize(0..<$0.bytes.count, seed: 1) },
        changed("zeros", notOne) { $0.fill(0..<$0.bytes.count, 0) },
        changed("a text", notOne) { $0.bytes = Array("not a flash\n".utf8) },
    ]

    /// Headers whose checksum is right but for the first.
    private static let headers = [
        changed("header with a wrong checksum", damaged) { $0.bytes[117] ^= 1 },
        changed("header of another version", .refused("flash file version 9, this program reads version 1; use")) {
            $0.setHeaderByte(8, 9)
        },
        changed("header of other pages", damaged) { $0.setHeaderByte(11, 0x20) },
        changed("no sectors", damaged) { $0.setHeader(16, [0]) },
        changed("sectors of no bytes", damaged) { $0.setHeader(20, [0]) },
        changed("no runs of sectors", damaged) { $0.setHeaderByte(13, 0) },
        changed("255 runs of sectors", damaged) { $0.setHeaderByte(13, 255) },
        changed("2⁶⁴ bytes", damaged) { $0.setHeader(16, [0xFFFF_FFFF, 0xFFFF_FFFF]) },
        changed("2³² bytes, which 32 bits call none", damaged) { $0.setHeader(16, [1 << 16, 1 << 16]) },
        changed("write unit of 3 bytes", damaged) { $0.setHeaderByte(14, 3) },
        changed("write unit of no bytes", damaged) { $0.setHeaderByte(14, 0) },
        changed("erased value 0x55", damaged) { $0.setHeaderByte(12, 0x55) },
        changed("slots that overlap", damaged) { $0.setHeader(104, [$0.word(at: 96)]) },
        changed("slot past the end", damaged) { $0.setHeader(104, [0xFFFF_FC00]) },
        changed("slots of two lengths", damaged) { $0.setHeader(108, [$0.word(at: 108) - 1024]) },
        changed("areas of no bytes", damaged) { $0.setHeader(84, [0]) },
        changed("area that begins inside a sector", damaged) { $0.setHeader(88, [$0.word(at: 88) + 8]) },
        changed("twice the sectors", .refused("truncated, 69888 of 135680 bytes")) { $0.setHeader(16, [128]) },
        HostileFlash("16 million sectors, and as long as that", damaged) { workshop, good in
            var file = good
            let (total, sector) = (1 << 28, 16)
            let slot = (total - 32_768) / 2
            file.setHeader(16, [total / sector, sector])
            file.setHeader(80, [0, 16_384, 16_384, 16_384, 32_768, slot, 32_768 + slot, slot])
            try workshop.write(Array(file.bytes[..<4096]), to: "h.flash")
            #expect(truncate("\(workshop.path)/h.flash", 4096 + total + 4 * (total / sector)) == 0)
        },
    ]

    private static let notFiles = [
        HostileFlash("nothing there", .refused("no such flash file; make one with: coap-fw-tool flash create")) {
            _,
            _ in
        },
        HostileFlash("folder", notOne) { workshop, _ in #expect(mkdir("\(workshop.path)/h.flash", 0o755) == 0) },
        HostileFlash("named pipe", notOne) { workshop, _ in #expect(mkfifo("\(workshop.path)/h.flash", 0o644) == 0) },
        HostileFlash("/dev/full", notOne) { workshop, _ in try workshop.link("h.flash", to: "/dev/full") },
        HostileFlash("/dev/zero", notOne) { workshop, _ in try workshop.link("h.flash", to: "/dev/zero") },
        HostileFlash("link to itself", .refused("cannot open it: too many levels of symbolic links; check its path")) {
            workshop,
            _ in
            try workshop.link("h.flash", to: "h.flash")
        },
        HostileFlash("in a file as if that were a folder", .refused("cannot open it: not a directory; check its path"))
        { workshop, _ in
            try workshop.link("h.flash", to: "app.bin/h.flash")
        },
    ]

    private static let contents = [
        changed("random contents", untrusted) { $0.randomize($0.contents, seed: 2) },
        changed("contents of zeros", untrusted) { $0.fill($0.contents, 0) },
        changed("never provisioned", untrusted) { $0.fill($0.range(.trust), 0xFF) },
        changed("random trust area", untrusted) { $0.randomize($0.range(.trust), seed: 3) },
        changed(
            "random slots",
            .bootsNothing(
                65,
                "no bootable image; primary: it is no signed image (no MCUboot header); "
                    + "secondary: it is no signed image (no MCUboot header); update"
            )
        ) {
            $0.randomize($0.range(.primary), seed: 4)
            $0.randomize($0.range(.secondary), seed: 5)
        },
        changed(
            "one bit of the image",
            .bootsNothing(65, "primary: it is damaged: its digest is not that of its bytes; secondary:")
        ) {
            $0.bytes[$0.range(.primary).lowerBound + 5000] ^= 1
        },
        changed(
            "image that says it is longer than the slot",
            .bootsNothing(65, "primary: it is truncated: it says that it is longer than it is; secondary:")
        ) { $0.fill($0.range(.primary).lowerBound + 12..<$0.range(.primary).lowerBound + 16, 0x7F) },
        changed("valid magic and nonsense fields", .boots) {
            for slot in [FlashBytes.Area.primary, .secondary] {
                $0.set(.magic, of: slot, FlashBytes.magic)
                $0.set(.imageOK, of: slot, [0x41])
                $0.set(.copyDone, of: slot, [0x99])
                $0.set(.swapInfo, of: slot, [0xF2])
                $0.set(.swapSize, of: slot, [0xFE, 0xFF, 0xFF, 0x7F])
            }
        },
        changed("valid magic, a swap under way of more than there is", .boots) {
            $0.set(.magic, of: .primary, FlashBytes.magic)
            $0.set(.swapInfo, of: .primary, [2])
            $0.set(.swapSize, of: .primary, [0xFF, 0xFF, 0xFF, 0x7F])
            $0.fill($0.range(.primary).upperBound - 100..<$0.range(.primary).upperBound - 48, 1)
        },
        changed("two half-written trailers", .boots) {
            for slot in [FlashBytes.Area.primary, .secondary] {
                $0.set(.magic, of: slot, Array(FlashBytes.magic[..<8]))
                $0.set(.swapInfo, of: slot, [2])
                $0.set(.swapSize, of: slot, [0x00, 0x50])
            }
        },
        changed("a request for random bytes", .boots) {
            $0.randomize($0.range(.secondary), seed: 6)
            $0.set(.magic, of: .secondary, FlashBytes.magic)
            $0.set(.swapInfo, of: .secondary, [3])
            $0.set(.imageOK, of: .secondary, [1])
        },
        changed("on trial, with nothing to go back to", .boots) {
            $0.set(.magic, of: .primary, FlashBytes.magic)
            $0.set(.copyDone, of: .primary, [1])
            $0.set(.swapInfo, of: .primary, [2])
        },
        changed("random journal", .boots) { $0.randomize($0.range(.journal), seed: 7) },
        changed("random wear", .boots) { $0.randomize($0.contents.upperBound..<$0.bytes.count, seed: 8) },
    ]
}

extension Workshop {
    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }

    /// A workshop with a release, the flash `good.flash` of a device that runs it, and `order`, a rotation of its keys.
    static func withDevice() throws -> Workshop {
        let workshop = try Workshop.withRelease()
        let geometry = ["--sectors", "64", "--sector-size", "1024"]
        for arguments in [
            ["flash", "create", "--flash", "good.flash", "--trust", "signing.pub", "--image"]
                + ["Images/7/1.0.0/firmware.bin"] + geometry,
            ["key", "generate", "next"],
            ["key", "rotate", "--key", "signing", "--trust", "next.pub", "--set", "1", "--out", "order"],
        ] {
            let result = try workshop.run(arguments)
            try #require(result.status == 0, "\(result.errors)")
        }
        return workshop
    }
}
