import Foundation
import Testing

/// Images and keys that one program makes and another takes.
@Suite(.timeLimit(.minutes(15))) struct ImageTests {
    @Test func imgtoolVerifiesARelease() throws {
        let releases = try ReleaseFolder()
        try releases.release("1.2.3+4", Firmware.greatfet2025())
        for key in [releases.publicKey, releases.signingKey] {
            let result = try RunningProgram.run(
                Programs.python("imgtool"),
                ["verify", "--key", key, releases.payload("1.2.3+4")]
            )
            #expect(result.succeeded, "\(result)")
            #expect(result.text.contains("Image was correctly validated"))
            #expect(result.text.contains("Image version: 1.2.3+4"))
        }
    }

    @Test func imgtoolRefusesAReleaseWithOneBitChanged() throws {
        let releases = try ReleaseFolder()
        var payload = try releases.release("1.0.0", Firmware.greatfet2025())
        payload[60_000] ^= 1
        let file = try releases.folder.write(payload, to: "changed.bin")
        let imgtool = try RunningProgram.run(
            Programs.python("imgtool"),
            ["verify", "--key", releases.publicKey, file]
        )
        #expect(!imgtool.succeeded || imgtool.text.contains("invalid"), "\(imgtool)")
        let own = try RunningProgram.run(
            Programs.own("coap-fw-tool"),
            ["image", "verify", file, "--key", releases.publicKey]
        )
        #expect(own.status == 65)
    }

    @Test(arguments: [0x20, 0x200, 0x400])
    func weVerifyWhatImgtoolSigned(headerSize: Int) throws {
        let folder = try TemporaryFolder()
        let key = folder.path("imgtool.pem")
        let publicKey = folder.path("imgtool.pub.pem")
        let app = try folder.write(Firmware.greatfet2025(), to: "app.bin")
        let signed = folder.path("signed.bin")
        let imgtool = try Programs.python("imgtool")
        let steps = [
            ["keygen", "--key", key, "--type", "ed25519"],
            ["getpub", "--key", key, "--encoding", "pem", "--output", publicKey],
            [
                "sign", "--key", key, "--header-size", "\(headerSize)", "--pad-header", "--slot-size", "262144",
                "--align", "4", "--version", "3.4.5+6", "--security-counter", "9", app, signed,
            ],
        ]
        for step in steps {
            let result = try RunningProgram.run(imgtool, step)
            guard result.succeeded else { throw ProgramError("imgtool \(step): \(result)") }
        }
        let result = try RunningProgram.run(
            Programs.own("coap-fw-tool"),
            ["image", "verify", signed, "--key", publicKey, "--json"]
        )
        #expect(result.succeeded, "\(result)")
        #expect(result.text.contains("3.4.5+6"))
    }

    @Test func opensslReadsOurKeysAndWeSignWithItsKeys() throws {
        let releases = try ReleaseFolder()
        let openssl = try Programs.system("openssl")
        let shown = try RunningProgram.run(openssl, ["pkey", "-in", releases.signingKey, "-pubout"])
        #expect(shown.succeeded, "\(shown)")
        #expect(try shown.text == String(contentsOfFile: releases.publicKey, encoding: .utf8))

        let foreign = releases.folder.path("openssl.pem")
        let made = try RunningProgram.run(openssl, ["genpkey", "-algorithm", "ed25519", "-out", foreign])
        #expect(made.succeeded, "\(made)")
        let publicKey = releases.folder.path("openssl.pub.pem")
        _ = try RunningProgram.run(openssl, ["pkey", "-in", foreign, "-pubout", "-out", publicKey])
        let app = try releases.folder.write(Firmware.greatfet2025(), to: "app.bin")
        try releases.tool(
            "release",
            "--pid",
            "9",
            "--version",
            "2.0.0",
            "--binary",
            app,
            "--key",
            foreign,
            "--images",
            releases.images
        )
        try releases.tool(
            "image",
            "verify",
            "\(releases.images)/9/2.0.0/firmware.bin",
            "--key",
            publicKey,
            "--pid",
            "9"
        )
    }
}
