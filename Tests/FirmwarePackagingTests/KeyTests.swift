import FirmwarePackaging
import Foundation
import Testing

@Suite(.timeLimit(.minutes(15))) struct KeyTests {
    /// RFC 8410 § 10.1 and 10.3: the example keys.
    static let privatePEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----

        """
    static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PUBLIC KEY-----

        """
    /// RFC 8410 § 10.3: version 1, with attributes and the public key.
    static let longPEM = """
        -----BEGIN PRIVATE KEY-----
        MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
        Z9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PRIVATE KEY-----

        """

    @Test func theExamplesOfRFC8410() throws {
        let key = try SigningKey(pem: Self.privatePEM)
        #expect(try key.pem() == Self.privatePEM)
        #expect(try key.verificationKey.pem() == Self.publicPEM)
        #expect(try SigningKey(pem: Self.longPEM).verificationKey == key.verificationKey)
        #expect(try VerificationKey(pem: Self.publicPEM) == key.verificationKey)
        #expect(throws: KeyError.isPrivate) { try VerificationKey(pem: Self.privatePEM) }
        #expect(!"\(key)".contains("MC4"))
    }

    @Test(arguments: [
        ("", KeyError.notPEM), ("hello", .notPEM), ("-----BEGIN PRIVATE KEY-----", .notPEM),
        ("-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n", .notPEM),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----\n", .malformed),
        ("-----BEGIN PUBLIC KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PUBLIC KEY-----\n", .malformed),
        ("-----BEGIN CERTIFICATE-----\nMC4C\n-----END CERTIFICATE-----\n", .unexpectedBlock("CERTIFICATE")),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n-----END ENCRYPTED PRIVATE KEY-----\n", .encrypted),
        (publicPEM, .onlyPublic),
    ])
    func whatIsNoSigningKey(text: String, error: KeyError) {
        #expect(throws: error) { try SigningKey(pem: text) }
    }

    @Test func halfAPairIsNotLeftBehind() throws {
        let folder = try Folder()
        // The longest name that a file can have: ".pub" does not fit behind it.
        let path = folder.file(String(repeating: "k", count: 255))
        #expect(throws: KeyFileError.self) { try KeyFile.write(SigningKey(), to: path) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func opensslReadsOurs() throws {
        let folder = try Folder()
        let key = SigningKey()
        try KeyFile.write(key, to: folder.file("k"))
        let check = try Program.openssl.run(["pkey", "-in", folder.file("k"), "-pubout"])
        #expect(check.status == 0)
        #expect(check.output == String(decoding: try folder.read("k.pub"), as: UTF8.self))
        #expect(try Program.openssl.run(["pkey", "-pubin", "-in", folder.file("k.pub"), "-noout"]).status == 0)
    }

    @Test func weReadOpenssls() throws {
        let folder = try Folder()
        let made = try Program.openssl.run(["genpkey", "-algorithm", "ed25519", "-out", folder.file("k")])
        try #require(made.status == 0)
        _ = try Program.openssl.run(["pkey", "-in", folder.file("k"), "-pubout", "-out", folder.file("k.pub")])
        let key = try KeyFile.signingKey(folder.file("k"))
        #expect(try KeyFile.verificationKey(folder.file("k.pub")) == key.verificationKey)
    }

    /// P-256 in both private forms, ours and openssl's.
    @Test(arguments: [
        ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ["ecparam", "-name", "prime256v1", "-genkey"],
    ])
    func p256(arguments: [String]) throws {
        let folder = try Folder()
        _ = try Program.openssl.run(arguments + ["-out", folder.file("k")])
        _ = try Program.openssl.run(["pkey", "-in", folder.file("k"), "-pubout", "-out", folder.file("k.pub")])
        let key = try KeyFile.signingKey(folder.file("k"))
        #expect(key.algorithm == .ecdsaP256)
        #expect(try KeyFile.verificationKey(folder.file("k.pub")) == key.verificationKey)
        #expect(try key.verificationKey.pem() == String(decoding: folder.read("k.pub"), as: UTF8.self))
        try KeyFile.write(key, to: folder.file("ours"))
        let shown = try Program.openssl.run(["pkey", "-in", folder.file("ours"), "-pubout"])
        #expect(shown.output == String(decoding: try folder.read("k.pub"), as: UTF8.self))
    }

    /// Another curve is no key of ours.
    @Test func otherCurves() throws {
        let folder = try Folder()
        let arguments = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out"]
        _ = try Program.openssl.run(arguments + [folder.file("k")])
        #expect(throws: KeyFileError.unusable(path: folder.file("k"), .malformed)) {
            try KeyFile.signingKey(folder.file("k"))
        }
    }

    @Test(arguments: [
        (["genpkey", "-algorithm", "X25519"], "1.3.101.110"),
        (["genpkey", "-algorithm", "RSA"], "1.2.840.113549.1.1.1"),
    ])
    func keysOfOtherAlgorithmsAreNamed(arguments: [String], algorithm: String) throws {
        let folder = try Folder()
        _ = try Program.openssl.run(arguments + ["-out", folder.file("k")])
        #expect(throws: KeyFileError.unusable(path: folder.file("k"), .unsupportedAlgorithm(algorithm))) {
            try KeyFile.signingKey(folder.file("k"))
        }
    }

    @Test func anEncryptedKeyIsSaidToBeOne() throws {
        let folder = try Folder()
        _ = try Program.openssl.run([
            "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out", folder.file("k"),
        ])
        #expect(throws: KeyFileError.unusable(path: folder.file("k"), .encrypted)) {
            try KeyFile.signingKey(folder.file("k"))
        }
    }

    @Test func keyFilesAreNeverOverwrittenAndAreSecret() throws {
        let folder = try Folder()
        try KeyFile.write(SigningKey(), to: folder.file("k"))
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("k"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let before = try folder.read("k")
        #expect(throws: KeyFileError.exists(path: folder.file("k.pub"))) {
            try KeyFile.write(SigningKey(), to: folder.file("k"))
        }
        try FileManager.default.removeItem(atPath: folder.file("k.pub"))
        #expect(throws: KeyFileError.exists(path: folder.file("k"))) {
            try KeyFile.write(SigningKey(), to: folder.file("k"))
        }
        #expect(try folder.read("k") == before)
        #expect(!FileManager.default.fileExists(atPath: folder.file("k.pub")))
        #expect(throws: KeyFileError.self) { try KeyFile.write(SigningKey(), to: folder.file("none/k")) }
        #expect(throws: KeyFileError.self) { try KeyFile.signingKey(folder.file("none")) }
    }
}
