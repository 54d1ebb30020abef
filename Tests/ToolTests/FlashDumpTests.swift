import Foundation
import FoundationXML
import Testing

/// `coap-fw-tool flash dump`.
@Suite(.timeLimit(.minutes(15))) struct FlashDumpTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop()
        try workshop.write(Array((0..<20_000).map { UInt8(truncatingIfNeeded: $0 * 7) }), to: "app.bin")
        for arguments in [
            ["key", "generate", "signing"],
            [
                "release", "--pid", "7", "--version", "1.0.0", "--binary", "app.bin", "--key", "signing", "--images",
                "Images",
            ],
            [
                "flash", "create", "--flash", "d.flash", "--trust", "signing.pub", "--image",
                "Images/7/1.0.0/firmware.bin",
            ],
        ] {
            #expect(try workshop.run(arguments).status == 0)
        }
    }

    @Test func everySectorAndBothTrailersAreInThePicture() throws {
        let result = try workshop.tool("flash", "dump", "--flash", "d.flash", "--svg", "d.svg")
        #expect(result.status == 0, "\(result.errors)")
        let data = Data(try workshop.bytes("d.svg"))
        let parser = XMLParser(data: data)
        #expect(parser.parse(), "well-formed")
        let text = String(decoding: data, as: UTF8.self)
        // nrf52840: 256 sectors, all of them in an area.
        #expect(text.components(separatedBy: "<title>sector ").count - 1 == 256)
        for word in ["trust", "journal", "primary", "secondary", "header says 1.0.0", "swap_info", "0 of 375"] {
            #expect(text.contains(word), "\(word)")
        }
        // Five whole sectors of image: 20 000 bytes, header and TLVs.
        #expect(text.components(separatedBy: "about 4096 written").count - 1 == 4)
    }

    /// Every command that prints can print one object.
    @Test func theFlashCommandsPrintObjects() throws {
        let create = ["flash", "create", "--flash", "e.flash", "--trust", "signing.pub", "--pid", "7", "--json"]
        let made = try workshop.run(create).json()
        #expect(made["result"] as? String == "created" && made["pid"] as? Int == 7 && made["keys"] as? Int == 1)
        #expect(made["version"] is NSNull && made["sectors"] as? Int == 256)
        let read = ["flash", "read", "--flash", "d.flash", "--slot", "primary", "--out", "slot.bin", "--json"]
        let slot = try workshop.run(read).json()
        #expect(try slot["size"] as? Int == workshop.bytes("slot.bin").count)
        let drawn = try workshop.tool("flash", "dump", "--flash", "d.flash", "--svg", "d.svg", "--json").json()
        #expect(drawn["path"] as? String == "d.svg")
    }

    @Test func whatCannotBeDrawnIsNamed() throws {
        let missing = try workshop.tool("flash", "dump", "--flash", "none.flash", "--svg", "d.svg")
        #expect(missing.status == 66 && missing.errors.contains("none.flash"))
        let random = try workshop.tool("flash", "dump", "--flash", "app.bin", "--svg", "d.svg")
        #expect(random.status == 65 && random.errors.contains("not a flash file"))
        let nowhere = try workshop.tool("flash", "dump", "--flash", "d.flash", "--svg", "none/d.svg")
        #expect(nowhere.status != 0 && nowhere.errors.contains("none/d.svg"))
        #expect(!workshop.exists("d.svg"))
    }

    /// Whatever the sectors hold, as long as the file is one.
    @Test func randomContentIsDrawn() throws {
        var bytes = try workshop.bytes("d.flash")
        var state: UInt64 = 7
        for index in 4096..<bytes.count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
        try workshop.write(bytes, to: "random.flash")
        let result = try workshop.tool("flash", "dump", "--flash", "random.flash", "--svg", "random.svg")
        #expect(result.status == 0, "\(result.errors)")
        #expect(XMLParser(data: Data(try workshop.bytes("random.svg"))).parse())
    }
}
