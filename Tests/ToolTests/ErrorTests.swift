import Foundation
import Testing

/// What programs say and end with when something is wrong that is not the flash.
@Suite(.timeLimit(.minutes(15))) struct ErrorTests {
    struct Failing: Sendable, CustomTestStringConvertible {
        let arguments: String
        let status: Int32
        let text: String

        var testDescription: String { arguments }

        init(_ arguments: String, _ status: Int32, _ text: String) {
            self.arguments = arguments
            self.status = status
            self.text = text
        }
    }

    private static let release = "release --pid 7 --version 2.0.0"

    /// Each names what is wrong and what to do, and with `--json` all of it is in one object.
    @Test(arguments: [
        Failing("\(release) --binary none --key signing --images Images", 66, "none: No such file or directory; check"),
        Failing("\(release) --binary Images --key signing --images Images", 66, "Images: Is a directory; name a file"),
        Failing("\(release) --binary pipe --key signing --images Images", 74, "pipe: it is not a regular file; name"),
        Failing(
            "\(release) --binary app.bin --key Images --images Images",
            66,
            "Images: Is a directory; name the key's"
        ),
        Failing("\(release) --binary app.bin --key none --images Images", 66, "coap-fw-tool key generate"),
        Failing("\(release) --binary app.bin --key signing --images app.bin", 66, "app.bin"),
        Failing("\(release) --binary app.bin --key signing --images app.bin/x", 66, "is a file and no folder; correct"),
        Failing(
            "\(release) --binary app.bin --key signing --images none/x",
            66,
            "none/x: No such file or directory; check"
        ),
        Failing("\(release) --binary app.bin --key signing.pub --images Images", 65, "signing needs the private one"),
        Failing(
            "\(release) --binary app.bin --key signing --images Images --header-size 8",
            64,
            "--header-size takes 32"
        ),
        Failing(
            "release --pid 7 --version 1.0.0 --binary app.bin --key signing --images Images",
            73,
            "never overwritten;"
        ),
        Failing("image info none", 66, "none: No such file or directory; check"),
        Failing("image info Images", 66, "Images: Is a directory; name a file"),
        Failing("image info app.bin", 65, "app.bin is no signed image (no MCUboot header); sign it"),
        Failing("image verify app.bin --key signing.pub", 65, "app.bin is no signed image"),
        Failing("image verify app.bin --key signing", 65, "signing is a private key, which stays where releases are"),
        Failing("image verify app.bin --key Images", 66, "Images: Is a directory; name the key's file in it"),
        Failing("psk list --psk none", 66, "none: No such file or directory; check"),
        Failing("psk list --psk Images", 66, "Images: Is a directory; name a file"),
        Failing("psk list x --psk k.psk", 65, "there is no identity x in k.psk; list shows"),
        Failing("psk add dev-1 --psk k.psk", 73, "dev-1 is in k.psk already; rotate"),
        Failing("psk add dev-2 --psk app.bin/k.psk", 66, "app.bin"),
        Failing("psk add dev-2 --key-hex xyz --psk k.psk", 64, "--key-hex takes"),
        Failing("psk rotate x --psk k.psk", 65, "there is no identity x in k.psk; list shows"),
    ])
    func failuresOfTheTool(_ failing: Failing) throws {
        let workshop = try Workshop.withRelease()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        #expect(mkfifo("\(workshop.path)/pipe", 0o644) == 0)
        let arguments = failing.arguments.split(separator: " ").map(String.init)
        let plain = try workshop.run(arguments)
        #expect(plain.exited && plain.status == failing.status, "\(plain)")
        #expect(plain.output.isEmpty)
        #expect(plain.errors.hasPrefix("coap-fw-tool: ") && plain.errors.contains(failing.text), "\(plain.errors)")
        let json = try workshop.run(arguments + ["--json"])
        #expect(json.exited && json.status == failing.status, "\(json)")
        #expect(json.errors == plain.errors)
        let object = try json.json()
        #expect(object["result"] as? String == "failed")
        #expect("coap-fw-tool: \(object["error"] as? String ?? "")\n" == json.errors)
    }

    @Test func privateKeysAreNotTrusted() throws {
        let workshop = try Workshop.withRelease()
        let create = try workshop.tool("flash", "create", "--flash", "d.flash", "--trust", "signing")
        #expect(create.status == 65 && create.errors.contains("signing is a private key"), "\(create)")
        #expect(!workshop.exists("d.flash"))
        let rotate = try workshop.tool(
            "key",
            "rotate",
            "--key",
            "signing",
            "--trust",
            "signing",
            "--set",
            "1",
            "--out",
            "r"
        )
        #expect(rotate.status == 65 && rotate.errors.contains("signing is a private key"), "\(rotate)")
        #expect(!workshop.exists("r"))
    }

    /// Pipes and devices are not replaced by files.
    @Test func picturesGoToFilesOnly() throws {
        let workshop = try Workshop.withDevice()
        #expect(mkfifo("\(workshop.path)/pipe", 0o644) == 0)
        let dump = try workshop.tool("flash", "dump", "--flash", "good.flash", "--svg", "pipe")
        #expect(dump.status == 74 && dump.errors.contains("pipe: it is not a regular file; name a file"), "\(dump)")
        let folder = try workshop.tool("flash", "dump", "--flash", "good.flash", "--svg", "Images")
        #expect(folder.status == 66 && folder.errors.contains("Images: Is a directory; name a file"), "\(folder)")
        #expect(
            try FileManager.default.attributesOfItem(atPath: "\(workshop.path)/pipe")[.type] as? FileAttributeType
                != .typeRegular
        )
    }

    private func update(_ workshop: Workshop, pid: String = "7", psk: String = "k.psk") throws -> ToolResult {
        // Nothing listens on the discard port of this machine.
        try workshop.client(
            "update",
            "--server",
            "coaps://127.0.0.1:9",
            "--pid",
            pid,
            "--identity",
            "dev-1",
            "--psk",
            psk,
            "--flash",
            "good.flash",
            "--json",
            "--attempts",
            "1"
        )
    }

    @Test func anotherProductIsRefusedBeforeTheNetwork() throws {
        let workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        let result = try update(workshop, pid: "9")
        #expect(result.status == 65, "\(result)")
        #expect(result.errors.contains("good.flash: this device is for product 7, not 9; give --pid 7"))
        #expect(try result.json()["result"] as? String == "failed")
        #expect(try update(workshop).status == 69)
    }

    /// The client reads key files as strictly as the server.
    @Test func keyFilesOfTheClient() throws {
        let workshop = try Workshop.withDevice()
        let key = "00112233445566778899aabbccddeeff"
        for (text, mode, message) in [
            (
                "dev-1:\(key)\n", 0o644,
                "keys.psk is open to everybody (mode 644) and is not used; run: chmod 600 keys.psk"
            ),
            ("dev-1:\(key)\n", 0o660, "keys.psk may be written by its group"),
            ("dev-2:\(key)\n", 0o600, "keys.psk: no key for identity dev-1; add one with: coap-fw-tool psk add dev-1"),
            ("dev-1:\(key)\ndev-1:00\n", 0o600, "keys.psk line 2: the identity of line 1 again"),
            ("dev-1:\(key)\nnonsense\n", 0o600, "keys.psk line 2: there is no colon"),
            ("dev-1:xyz\n", 0o600, "keys.psk line 1: the key is not pairs of hex digits"),
        ] {
            try workshop.write(Array(text.utf8), to: "keys.psk", mode: mode)
            let result = try update(workshop, psk: "keys.psk")
            #expect(result.status == 78 && result.errors.hasPrefix("coap-fw-client: \(message)"), "\(result)")
            #expect(!result.errors.contains(key) && !result.errors.contains("xyz"))
        }
        let missing = try update(workshop, psk: "none")
        #expect(missing.status == 78 && missing.errors.contains("none: No such file or directory; check"), "\(missing)")
        let folder = try update(workshop, psk: "Images")
        #expect(folder.status == 78 && folder.errors.contains("Images: Is a directory; name a file"), "\(folder)")
    }

    /// Standard output on a full disk, closed, and a pipe that nobody reads.
    @Test(arguments: [
        "exec \"$0\" \"$@\" >/dev/full", "exec \"$0\" \"$@\" >&-",
        "mkfifo p && exec 3<>p 4>p 3<&- && rm p && exec \"$0\" \"$@\" >&4",
    ])
    func lostOutput(script: String) throws {
        let workshop = try Workshop.withDevice()
        try #require(try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk").status == 0)
        let shell = ["/bin/bash", "-c", script]
        for (program, arguments) in [
            ("coap-fw-client", ["status", "--flash", "good.flash"]),
            ("coap-fw-client", ["status", "--flash", "good.flash", "--json"]),
            ("coap-fw-client", ["reboot", "--flash", "good.flash"]),
            ("coap-fw-tool", ["psk", "list", "--psk", "k.psk"]),
            ("coap-fw-tool", ["image", "info", "Images/7/1.0.0/firmware.bin", "--json"]),
            ("coap-fw-tool", ["key", "generate", "another"]),
            ("coap-fw-server", ["--images", "Images", "--psk", "k.psk", "--listen", "127.0.0.1:0"]),
        ] {
            try? FileManager.default.removeItem(atPath: "\(workshop.path)/another")
            try? FileManager.default.removeItem(atPath: "\(workshop.path)/another.pub")
            let result = try workshop.run(arguments, of: program, under: shell)
            #expect(result.exited && result.status == 74, "\(program) \(arguments): \(result)")
            #expect(result.errors.contains("\(program): standard output: "), "\(result.errors)")
        }
        // Nothing that was printed went into a file that was opened under the number of standard output.
        #expect(try workshop.client("status", "--flash", "good.flash").status == 0)
        // What went wrong before counts more.
        let failed = try workshop.run(
            ["status", "--flash", "none", "--json"],
            of: "coap-fw-client",
            under: shell
        )
        #expect(failed.status == 78 && failed.errors.contains("no such flash file"), "\(failed)")
        let refused = try workshop.run(["psk", "list", "x", "--psk", "k.psk", "--json"], under: shell)
        #expect(refused.status == 65 && refused.errors.contains("there is no identity x"), "\(refused)")
    }
}
