import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct KeyCommandTests {
    /// The fingerprint is what openssl and images say.
    @Test(arguments: ["ed25519", "ecdsa-p256"])
    func theFingerprintIsTheImagesKeyHash(type: String) throws {
        let workshop = try Workshop()
        try workshop.write((0..<5000).map { UInt8(truncatingIfNeeded: $0) }, to: "app.bin")
        let made = try workshop.tool("key", "generate", "signing", "--type", type, "--json").json()
        #expect(made["public_key"] as? String == "signing.pub")
        try #require(try workshop.release("1.0.0").status == 0)
        let image = "Images/7/1.0.0/firmware.bin"
        let hash = try #require(try workshop.tool("image", "info", image, "--json").json()["key_hash"] as? String)
        for file in ["signing", "signing.pub"] {
            let shown = try workshop.tool("key", "fingerprint", file)
            #expect(shown.output == "\(hash)  \(type)  \(file)\n", "\(shown)")
        }
        #expect(try workshop.tool("key", "fingerprint", "signing", "--json").json()["fingerprint"] as? String == hash)
        #expect(try workshop.tool("key", "fingerprint", "app.bin").status == 65)
    }

    @Test func anImageIsVerifiedWithSeveralKeys() throws {
        let workshop = try Workshop.withRelease()
        for name in ["other", "third"] { try workshop.tool("key", "generate", name) }
        let image = "Images/7/1.0.0/firmware.bin"
        func verify(_ keys: String...) throws -> Int32 {
            try workshop.run(["image", "verify", image] + keys.flatMap { ["--key", $0] }).status
        }
        #expect(try verify("other.pub", "signing.pub") == 0)
        #expect(try verify("other.pub", "third.pub") == 65)
        #expect(try verify("other.pub", "third.pub", "other.pub", "third.pub", "signing.pub") == 64)
    }

    @Test func aKeyInAFolderThatIsNotThereIsNotMade() throws {
        let workshop = try Workshop()
        let result = try workshop.tool("key", "generate", "nodir/k")
        #expect(result.status == 66, "\(result)")
        #expect(result.errors.contains("nodir/k") && result.errors.contains("mkdir -p nodir\n"), "\(result)")
        #expect(!result.errors.contains("make a key with"))
    }
}
