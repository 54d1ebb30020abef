import Bootloader
import Flash
import Foundation
import Testing

/// Slots of devices: what imgtool put into them boots, and what we put into them imgtool verifies.
@Suite(.timeLimit(.minutes(15))) struct SlotTests {
    /// A key of imgtool's, and what is made with it.
    private struct Vendor {
        let folder: TemporaryFolder
        let key: String
        let publicKey: String

        init(_ type: String) throws {
            folder = try TemporaryFolder()
            key = folder.path("imgtool.pem")
            publicKey = folder.path("imgtool.pub.pem")
            try imgtool("keygen", "--key", key, "--type", type)
            try imgtool("getpub", "--key", key, "--encoding", "pem", "--output", publicKey)
        }

        @discardableResult
        func imgtool(_ arguments: String...) throws -> String {
            let result = try RunningProgram.run(Programs.python("imgtool"), arguments)
            guard result.succeeded else { throw ProgramError("imgtool \(arguments): \(result)") }
            return result.text
        }

        func image(_ version: String, _ binary: Data, counter: Int, _ more: String...) throws -> String {
            let app = try folder.write(binary, to: "app-\(version).bin")
            let image = folder.path("image-\(version).bin")
            let arguments =
                [
                    "sign", "--key", key, "--header-size", "0x200", "--pad-header", "--slot-size", "512000", "--align",
                    "4",
                    "--max-align", "8", "--version", version, "--security-counter", "\(counter)", "--custom-tlv",
                    "0x00a0",
                    "0x0700",
                ] + more + [app, image]
            let result = try RunningProgram.run(Programs.python("imgtool"), arguments)
            guard result.succeeded else { throw ProgramError("imgtool \(arguments): \(result)") }
            return image
        }
    }

    private func run(_ program: String, _ arguments: String...) throws -> RunningProgram.Result {
        try RunningProgram.run(Programs.own(program), arguments)
    }

    private func create(
        _ flash: String,
        trusting key: String,
        running image: String,
        _ more: String...
    ) throws {
        let arguments = ["flash", "create", "--flash", flash, "--trust", key, "--image", image] + more
        let created = try RunningProgram.run(Programs.own("coap-fw-tool"), arguments)
        #expect(created.succeeded, "\(created)")
    }

    private func status(_ flash: String) throws -> [String: Any] {
        let result = try run("coap-fw-client", "status", "--flash", flash, "--json")
        let object = try JSONSerialization.jsonObject(with: result.output) as? [String: Any]
        return try #require(object)
    }

    /// The slot of a flash, read out and verified by imgtool.
    private func verified(_ slot: String, of flash: String, key: String, in folder: TemporaryFolder) throws -> String {
        let file = folder.path("\(slot)-\(UUID().uuidString).bin")
        let read = try run("coap-fw-tool", "flash", "read", "--flash", flash, "--slot", slot, "--out", file)
        #expect(read.succeeded, "\(read)")
        return try RunningProgram.run(Programs.python("imgtool"), ["verify", "--key", key, file]).text
    }

    @Test(arguments: ["ed25519", "ecdsa-p256"], [true, false])
    func slotsMadeByImgtoolBoot(type: String, isConfirmed: Bool) throws {
        let vendor = try Vendor(type)
        let flash = vendor.folder.path("dev.flash")
        let factory = try vendor.image("1.0.0", Firmware.greatfet2025(), counter: 3)
        try create(flash, trusting: vendor.publicKey, running: factory)
        #expect(try Device(flash: flash, psk: "").reboot().version == "1.0.0")

        let padding = isConfirmed ? ["--pad", "--confirm"] : ["--pad"]
        let slot =
            isConfirmed
            ? try vendor.image("2.0.0", Firmware.greatfet2026(), counter: 5, padding[0], padding[1])
            : try vendor.image("2.0.0", Firmware.greatfet2026(), counter: 5, padding[0])
        try FlashSurgery(flash).write(Data(contentsOf: URL(fileURLWithPath: slot)), to: .secondary)
        let boot = try Device(flash: flash, psk: "").reboot()
        #expect(boot.version == "2.0.0")
        #expect(boot.trial != isConfirmed)
        let confirmed = try run("coap-fw-client", "confirm", "--flash", flash)
        #expect(confirmed.succeeded, "\(confirmed)")
        let trust = try #require(try status(flash)["trust"] as? [String: Any])
        #expect(trust["security_counter"] as? Int == 5)

        let primary = try verified("primary", of: flash, key: vendor.publicKey, in: vendor.folder)
        #expect(primary.contains("Image was correctly validated"))
        #expect(primary.contains("Image version: 2.0.0"))
        let secondary = try verified("secondary", of: flash, key: vendor.publicKey, in: vendor.folder)
        #expect(secondary.contains("Image was correctly validated"))
        #expect(secondary.contains("Image version: 1.0.0"))
    }

    /// A slot that imgtool padded as the MCUboot for the part would have it (`docs/boot.md`) boots, and goes back.
    @Test(arguments: FlashPart.allCases) func slotsPaddedForEachPart(part: FlashPart) throws {
        let vendor = try Vendor("ed25519")
        let map = try part.map()
        let flash = vendor.folder.path("dev.flash")
        let factory = try vendor.image("1.0.0", Firmware.greatfet2025(), counter: 3)
        try create(flash, trusting: vendor.publicKey, running: factory, "--part", "\(part)")
        let app = try vendor.folder.write(Firmware.greatfet2026(), to: "app.bin")
        let slot = vendor.folder.path("slot.bin")
        let unit = map.geometry.writeAlignmentBytes
        try vendor.imgtool(
            "sign",
            "--key",
            vendor.key,
            "--header-size",
            "0x200",
            "--pad-header",
            "--version",
            "2.0.0",
            "--custom-tlv",
            "0x00a0",
            "0x0700",
            "--security-counter",
            "5",
            "--slot-size",
            "\(map.primary.sizeBytes)",
            "--align",
            "\(unit)",
            "--max-align",
            "\(max(8, unit))",
            "--max-sectors",
            "\(map.slotSectorCount)",
            "--erased-val",
            map.geometry.erasedValue == 0 ? "0" : "0xff",
            "--pad",
            app,
            slot
        )
        let padded = try Data(contentsOf: URL(fileURLWithPath: slot))
        #expect(padded.count == Int(map.primary.sizeBytes))
        try FlashSurgery(flash).write(padded, to: .secondary)
        let boot = try Device(flash: flash, psk: "").reboot()
        #expect(boot.version == "2.0.0" && boot.trial == true)
        #expect(try Device(flash: flash, psk: "").reboot().version == "1.0.0")
    }

    /// A device whose security counter cannot follow the running image's: `status` says so, and `flash create` sets it.
    @Test func aCounterThatIsTooFarAboveIsTold() throws {
        let vendor = try Vendor("ed25519")
        let flash = vendor.folder.path("dev.flash")
        let image = try vendor.image("1.0.0", Firmware.greatfet2025(), counter: 1 << 26, "--pad", "--confirm")
        let created = try run("coap-fw-tool", "flash", "create", "--flash", flash, "--trust", vendor.publicKey)
        #expect(created.succeeded, "\(created)")
        try FlashSurgery(flash).write(Data(contentsOf: URL(fileURLWithPath: image)), to: .primary)
        #expect(try Device(flash: flash, psk: "").reboot().version == "1.0.0")
        let told = try #require(try status(flash)["trust"] as? [String: Any])
        #expect(told["security_counter"] as? Int == 0 && told["security_counter_unreachable"] as? Int == 1 << 26)
        #expect(try run("coap-fw-client", "status", "--flash", flash).text.contains("too far above"))

        let provisioned = vendor.folder.path("provisioned.flash")
        let bare = try vendor.image("1.0.0", Firmware.greatfet2025(), counter: 1 << 26)
        _ = try run(
            "coap-fw-tool",
            "flash",
            "create",
            "--flash",
            provisioned,
            "--trust",
            vendor.publicKey,
            "--image",
            bare
        )
        let set = try #require(try status(provisioned)["trust"] as? [String: Any])
        #expect(set["security_counter"] as? Int == 1 << 26 && set["security_counter_unreachable"] is NSNull)
    }

    @Test func imgtoolVerifiesWhatAnUpdateCommitted() throws {
        let releases = try ReleaseFolder()
        try releases.release("1.0.0", Firmware.greatfet2025())
        let device = try releases.device("dev-1.flash", running: "1.0.0")
        try releases.release("1.1.0", Firmware.greatfet2026())
        let server = try OurServer(releases)
        #expect(try device.update(from: server.secure).result == "committed")
        for (slot, version) in [("secondary", "1.1.0"), ("primary", "1.0.0")] {
            let text = try verified(slot, of: device.flash, key: releases.publicKey, in: releases.folder)
            #expect(text.contains("Image was correctly validated"))
            #expect(text.contains("Image version: \(version)"))
        }
        #expect(try device.reboot().version == "1.1.0")
        let text = try verified("primary", of: device.flash, key: releases.publicKey, in: releases.folder)
        #expect(text.contains("Image version: 1.1.0"))
    }

    /// The security counter and the keys, from the release command to the device's refusal.
    @Test func countersAndKeys() throws {
        let releases = try ReleaseFolder()
        let app = try releases.folder.write(Firmware.greatfet2025(), to: "app.bin")
        func release(_ version: String, counter: String, key: String) throws {
            try releases.tool(
                "release",
                "--pid",
                "7",
                "--version",
                version,
                "--binary",
                app,
                "--key",
                key,
                "--images",
                releases.images,
                "--security-counter",
                counter,
                "--force"
            )
        }
        try release("1.0.0", counter: "5", key: releases.signingKey)
        let device = try releases.device("dev-1.flash", running: "1.0.0")
        func refused(_ text: String) throws {
            // Another one each time, so that none has to notice the new release first.
            let server = try OurServer(releases)
            let result = try device.startUpdate(from: server.secure).result(within: 60)
            #expect(result.status == 65, "\(result)")
            #expect(result.errorText.contains(text), "\(result)")
            #expect(try device.reboot().version == "1.0.0")
        }
        try release("1.1.0", counter: "4", key: releases.signingKey)
        try refused("it has security counter 4, below 5")
        try release("1.2.0", counter: "4000000000", key: releases.signingKey)
        try refused("it has security counter 4000000000, above 33554437")

        // New keys: of the other kind, by an order that the old one signed.
        let next = releases.folder.path("next")
        try releases.tool("key", "generate", "--type", "ecdsa-p256", next)
        let order = releases.folder.path("rotation")
        try releases.tool(
            "key",
            "rotate",
            "--key",
            releases.signingKey,
            "--trust",
            "\(next).pub",
            "--set",
            "1",
            "--pid",
            "7",
            "--out",
            order
        )
        let arguments = ["rotate", "--flash", device.flash, "--rotation", order]
        #expect(try RunningProgram.run(Programs.own("coap-fw-client"), arguments).succeeded)
        let again = try RunningProgram.run(Programs.own("coap-fw-client"), arguments)
        #expect(again.status == 65, "\(again)")
        let older = releases.folder.path("by-the-old-key")
        try releases.tool(
            "key",
            "rotate",
            "--key",
            releases.signingKey,
            "--trust",
            releases.publicKey,
            "--set",
            "2",
            "--out",
            older
        )
        let stale = try run("coap-fw-client", "rotate", "--flash", device.flash, "--rotation", older)
        #expect(
            stale.status == 65 && stale.errorText.contains("not signed by a key that this device trusts"),
            "\(stale)"
        )
        #expect(try device.reboot().version == "1.0.0")
        try release("1.3.0", counter: "5", key: releases.signingKey)
        try refused("it is not signed by a trusted key")
        try release("1.4.0", counter: "6", key: next)
        let server = try OurServer(releases)
        #expect(try device.update(from: server.secure).result == "committed")
        #expect(try device.reboot().trial)
        #expect(try device.reboot().version == "1.0.0")
    }

    /// A kill in the middle of a swap: it is said to be one, nobody else may touch the slots, the next reboot finishes
    /// it.
    @Test func inTheMiddleOfASwap() throws {
        let releases = try ReleaseFolder()
        try releases.release("1.0.0", Firmware.greatfet2025())
        let device = try releases.device("dev-1.flash", running: "1.0.0")
        try releases.release("1.1.0", Firmware.greatfet2026())
        let server = try OurServer(releases)
        #expect(try device.update(from: server.secure).result == "committed")
        let surgery = try FlashSurgery(device.flash)
        let operations = try surgery.boot(cutAt: nil)
        try surgery.boot(cutAt: operations / 2)

        let shown = try run("coap-fw-client", "status", "--flash", device.flash)
        #expect(shown.text.contains("primary    in the middle of a swap"), "\(shown)")
        #expect(shown.text.contains("next boot  finishes the swap for a trial"), "\(shown)")
        let status = try status(device.flash)
        #expect(status["state"] as? String == "swapping")
        #expect(status["next_boot"] as? String == "finish-swap")
        let swap = try #require(status["swap"] as? [String: Any])
        #expect(swap["type"] as? String == "test")
        let done = try #require(swap["steps_done"] as? Int)
        #expect(try done > 0 && done < #require(swap["steps"] as? Int))

        let before = try Data(contentsOf: URL(fileURLWithPath: device.flash))
        let update = try device.startUpdate(from: server.secure).result(within: 60)
        #expect(update.status == 75 && update.errorText.contains("a swap was cut short"), "\(update)")
        let confirm = try run("coap-fw-client", "confirm", "--flash", device.flash)
        #expect(confirm.status == 75 && confirm.errorText.contains("a swap was cut short"), "\(confirm)")
        let order = releases.folder.path("rotation")
        try releases.tool(
            "key",
            "rotate",
            "--key",
            releases.signingKey,
            "--trust",
            releases.publicKey,
            "--set",
            "1",
            "--out",
            order
        )
        let rotate = try run("coap-fw-client", "rotate", "--flash", device.flash, "--rotation", order)
        #expect(rotate.status == 75 && rotate.errorText.contains("a swap was cut short"), "\(rotate)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: device.flash)) == before)

        let boot = try device.reboot()
        #expect(boot.version == "1.1.0" && boot.trial)
        #expect(try device.reboot().version == "1.0.0")
    }
}
