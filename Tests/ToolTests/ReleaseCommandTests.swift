import Testing

@Suite(.timeLimit(.minutes(15))) struct ReleaseCommandTests {
    @Test func aKeyIsTwoFilesAndNeverOverwritten() throws {
        let workshop = try Workshop()
        let made = try workshop.tool("key", "generate", "signing")
        #expect(made.status == 0)
        #expect(made.output.contains("signing.pub"))
        #expect(try workshop.mode(of: "signing") == 0o600)
        #expect(try workshop.text("signing").hasPrefix("-----BEGIN PRIVATE KEY-----"))
        #expect(try workshop.text("signing.pub").hasPrefix("-----BEGIN PUBLIC KEY-----"))
        let again = try workshop.tool("key", "generate", "signing")
        #expect(again.status == 73)
        #expect(again.errors.contains("never overwritten"))
    }

    @Test func releaseInfoAndVerifyAgree() throws {
        let workshop = try Workshop.withRelease()
        let released = try workshop.release("1.1.0+3", "--json")
        let object = try released.json()
        #expect(object["path"] as? String == "Images/7/1.1.0+3/firmware.bin")
        #expect(object["version"] as? String == "1.1.0+3")
        let image = try workshop.bytes("Images/7/1.1.0+3/firmware.bin")
        #expect(object["size"] as? Int == image.count)
        let info = try workshop.tool("image", "info", "Images/7/1.1.0+3/firmware.bin", "--json").json()
        #expect(info["etag"] as? String == object["etag"] as? String)
        #expect(info["payload_sha256"] as? String == object["sha256"] as? String)
        #expect(info["pid"] as? Int == 7)
        #expect(info["header_size"] as? Int == 512)
        #expect(info["digest_right"] as? Bool == true)
        let verified = try workshop.tool("image", "verify", "Images/7/1.1.0+3/firmware.bin", "--key", "signing.pub")
        #expect(verified.status == 0)
        #expect(
            verified.output
                == "Images/7/1.1.0+3/firmware.bin: verified, version 1.1.0+3, product 7, \(image.count) bytes\n"
        )
    }

    @Test func theHeaderHasTheSizeThatWasAskedFor() throws {
        let workshop = try Workshop.withRelease()
        try workshop.release("1.1.0", "--header-size", "1024")
        let info = try workshop.tool("image", "info", "Images/7/1.1.0/firmware.bin", "--json").json()
        #expect(info["header_size"] as? Int == 1024)
    }

    @Test func aReleaseIsWithdrawnAndRestored() throws {
        let workshop = try Workshop.withRelease()
        try workshop.release("1.1.0")
        func change(_ command: String, _ version: String) throws -> ToolResult {
            try workshop.tool("releases", command, "7", version, "--images", "Images")
        }
        func states() throws -> [String] {
            try workshop.tool("releases", "list", "--images", "Images").output.split(separator: "\n")
                .map {
                    $0.split(separator: "\t").enumerated().filter { $0.offset != 2 }.map(\.element).joined(
                        separator: " "
                    )
                }
        }
        #expect(try states() == ["7 1.0.0 older", "7 1.1.0 current"])
        let withdrawn = try change("withdraw", "1.1.0")
        #expect(withdrawn.output == "withdrawn: product 7, version 1.1.0\ncurrent:  1.0.0\n")
        #expect(try states() == ["7 1.0.0 current", "7 1.1.0 withdrawn"])
        #expect(try change("show", "1.1.0").output.contains("product 7, version 1.1.0, withdrawn"))
        #expect(try change("withdraw", "1.1.0").status == 65)
        #expect(try workshop.release("1.1.0").status == 73, "a device may have a part of the withdrawn one")
        #expect(try change("restore", "1.1.0").status == 0)
        #expect(try states() == ["7 1.0.0 older", "7 1.1.0 current"])
        #expect(try change("restore", "1.1.0").status == 65)
        #expect(try change("withdraw", "1.1.0").status == 0)
        #expect(try change("withdraw", "1.0.0").output.contains("current:  none"))
    }

    @Test func whatIsRefusedLeavesNothingBehind() throws {
        let workshop = try Workshop.withRelease()
        let twice = try workshop.release("1.0.0")
        #expect(twice.status == 73)
        #expect(twice.errors.contains("Images/7/1.0.0 is published already"))
        let older = try workshop.release("0.9.0")
        #expect(older.status == 65)
        #expect(older.errors.contains("--force-older"))
        #expect(try workshop.release("0.9.0", "--force-older").status == 0)
        try workshop.write([0x7F, 0x45, 0x4C, 0x46, 1, 1, 1], to: "app.bin")
        let elf = try workshop.release("2.0.0")
        #expect(elf.status == 65)
        #expect(elf.errors.contains("app.bin is an ELF file; convert it first: objcopy -O binary"))
        try workshop.write([], to: "app.bin")
        #expect(try workshop.release("2.0.0").errors.contains("app.bin is empty"))
        #expect(!workshop.exists("Images/7/2.0.0"))
        let missing = try workshop.tool(
            "release",
            "--pid",
            "7",
            "--version",
            "3.0.0",
            "--binary",
            "none.bin",
            "--key",
            "signing",
            "--images",
            "Images"
        )
        #expect(missing.status == 66)
        #expect(missing.errors == "coap-fw-tool: cannot open none.bin: No such file or directory; check the path\n")
        let badKey = try workshop.tool(
            "release",
            "--pid",
            "7",
            "--version",
            "3.0.0",
            "--binary",
            "app.bin",
            "--key",
            "app.bin",
            "--images",
            "Images"
        )
        #expect(badKey.status == 65)
        #expect(badKey.errors.contains("app.bin is not a PEM key file"))
        let publicKey = try workshop.tool(
            "release",
            "--pid",
            "7",
            "--version",
            "3.0.0",
            "--binary",
            "app.bin",
            "--key",
            "signing.pub",
            "--images",
            "Images"
        )
        #expect(publicKey.errors.contains("signing.pub is a public key"))
    }

    @Test func verifyRefusesWhatADeviceWould() throws {
        let workshop = try Workshop.withRelease()
        let path = "Images/7/1.0.0/firmware.bin"
        try workshop.tool("key", "generate", "other")
        let image = try workshop.bytes(path)
        var changed = image
        changed[600] ^= 1
        try workshop.write(changed, to: "changed.bin")
        try workshop.write(Array(image.dropLast(10)), to: "short.bin")
        try workshop.write([1, 2, 3], to: "nonsense.bin")
        func refusal(_ file: String, _ key: String, _ more: String...) throws -> String {
            let result = try workshop.run(["image", "verify", file, "--key", key] + more)
            #expect(result.status == 65)
            #expect(result.output.isEmpty)
            return result.errors
        }
        #expect(try refusal(path, "other.pub").contains("not signed by a trusted key"))
        #expect(try refusal(path, "signing.pub", "--pid", "8").contains("for product 7, not 8"))
        #expect(try refusal("changed.bin", "signing.pub").contains("is damaged"))
        #expect(try refusal("short.bin", "signing.pub").contains("is truncated"))
        #expect(try refusal("nonsense.bin", "signing.pub").hasPrefix("coap-fw-tool: nonsense.bin is"))
        #expect(try workshop.tool("image", "info", "nonsense.bin").status == 65)
        let json = try workshop.tool("image", "verify", "changed.bin", "--key", "signing.pub", "--json")
        #expect(try json.json()["result"] as? String == "failed")
    }

    @Test func aFlashLeavesTheFactoryWithItsImage() throws {
        let workshop = try Workshop.withRelease()
        let image = "Images/7/1.0.0/firmware.bin"
        let made = try workshop.tool(
            "flash",
            "create",
            "--flash",
            "d.flash",
            "--trust",
            "signing.pub",
            "--image",
            image
        )
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("product:  7"))
        #expect(made.output.contains("version 1.0.0, confirmed"))
        let payload = try workshop.bytes(image)
        let flash = try workshop.bytes("d.flash")
        let found = flash.indices.dropLast(payload.count).contains { flash[$0...].starts(with: payload.prefix(64)) }
        #expect(found, "the image is in the flash")
        let again = try workshop.tool("flash", "create", "--flash", "d.flash", "--trust", "signing.pub")
        #expect(again.status == 73)
        #expect(try workshop.bytes("d.flash") == flash)

        try workshop.tool("key", "generate", "other")
        let wrongKey = try workshop.tool(
            "flash",
            "create",
            "--flash",
            "e.flash",
            "--trust",
            "other.pub",
            "--image",
            image
        )
        #expect(wrongKey.status == 65)
        let wrongProduct = try workshop.tool(
            "flash",
            "create",
            "--flash",
            "e.flash",
            "--trust",
            "signing.pub",
            "--image",
            image,
            "--pid",
            "8"
        )
        #expect(wrongProduct.status == 65)
        let small = try workshop.tool(
            "flash",
            "create",
            "--flash",
            "e.flash",
            "--trust",
            "signing.pub",
            "--image",
            image,
            "--sectors",
            "16",
            "--sector-size",
            "4096"
        )
        #expect(small.status == 65)
        #expect(small.errors.contains("choose a larger geometry"))
        #expect(!workshop.exists("e.flash"))
        let geometry = try workshop.tool(
            "flash",
            "create",
            "--flash",
            "e.flash",
            "--trust",
            "signing.pub",
            "--sectors",
            "3",
            "--sector-size",
            "1000"
        )
        #expect(geometry.status == 64)
    }

    @Test(arguments: ["nrf52840", "stm32l4", "stm32f4", "lpc4330", "stm32l1"])
    func everyPartTakesTheImage(part: String) throws {
        let workshop = try Workshop.withRelease()
        let made = try workshop.tool(
            "flash",
            "create",
            "--flash",
            "d.flash",
            "--trust",
            "signing.pub",
            "--image",
            "Images/7/1.0.0/firmware.bin",
            "--part",
            part
        )
        #expect(made.status == 0, "\(made.errors)")
    }
}
