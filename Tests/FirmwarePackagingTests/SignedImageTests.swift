import FirmwareImage
import FirmwarePackaging
import Foundation
import HostCryptography
import Testing

@Suite(.timeLimit(.minutes(15))) struct SignedImageTests {
    static let binary = (0..<3001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    static let version = ImageVersion(major: 1, minor: 2, revision: 3, build: 4)

    private func verify(_ image: [UInt8], _ key: SigningKey, product: UInt16? = 7) throws -> VerifiedImage {
        var source = MemorySource(image)
        let anchors = TrustAnchors(try key.verificationKey.trustAnchor())
        return try ImageVerifier<HostCryptography>.verify(&source, anchors: anchors, expectedProduct: product)
    }

    @Test func whatIsSignedIsVerified() throws {
        let key = SigningKey()
        let parameters = ImageParameters(version: Self.version, productID: 7, securityCounter: 9)
        let image = try SignedImage.make(binary: Self.binary, parameters: parameters, key: key)
        let verified = try verify(image, key)
        #expect(verified.version == Self.version)
        #expect(verified.productID == 7)
        #expect(verified.securityCounter == 9)
        #expect(Int(verified.totalSizeBytes) == image.count)
        #expect(image[32..<512].allSatisfy { $0 == 0xFF })
        #expect(Array(image[512..<3513]) == Self.binary)
        #expect(throws: ImageError.wrongProduct(found: 7, expected: 8)) { try verify(image, key, product: 8) }
        #expect(throws: ImageError.unknownKey) { try verify(image, SigningKey()) }
        for at in [0, 20, 100, 600, 3513, 3520, image.count - 1] {
            var changed = image
            changed[at] ^= 1
            #expect(throws: ImageError.self, "byte \(at)") { try verify(changed, key) }
        }
        #expect(throws: ImageError.self) { try verify(Array(image.dropLast()), key) }
    }

    @Test(arguments: [
        ([], BinaryProblem.empty), ([0x7F, 0x45, 0x4C, 0x46, 2, 1], .elf),
        (Array(":020000040000FA\n:10".utf8), .intelHex), (Array("S00F000068656C6C6F\n".utf8), .sRecord),
        ([0x3D, 0xB8, 0xF3, 0x96, 0, 0], .signedImage), (Array("UF2\nWQ]".utf8), .uf2),
    ])
    func filesThatAreNoBinaries(binary: [UInt8], problem: BinaryProblem) {
        let parameters = ImageParameters(version: Self.version, productID: 7)
        #expect(throws: PackagingError.binary(problem)) {
            try SignedImage.make(binary: binary, parameters: parameters, key: SigningKey())
        }
    }

    @Test func binariesThatBeginLikeTextAreTaken() throws {
        let parameters = ImageParameters(version: Self.version, productID: 7)
        for start in [":", ":x", "S0", "S0 hello wor"] {
            let binary = Array(start.utf8) + [UInt8](repeating: 0, count: 16)
            _ = try SignedImage.make(binary: binary, parameters: parameters, key: SigningKey())
        }
    }

    @Test func inspectionShowsWhatIsThere() throws {
        let parameters = ImageParameters(version: Self.version, productID: 7, securityCounter: 2)
        let key = SigningKey()
        var image = try SignedImage.make(binary: Self.binary, parameters: parameters, key: key)
        let inspection = try ImageInspection(image + [1, 2, 3])
        #expect(inspection.header.version == Self.version)
        #expect(inspection.productID == 7)
        #expect(inspection.isDigestRight == true)
        #expect(inspection.trailingBytes == 3)
        #expect(inspection.imageSizeBytes == image.count)
        #expect(inspection.entries.map(\.type) == [.securityCounter, .productID, .sha256, .keyHash, .ed25519])
        image[600] ^= 1
        #expect(try ImageInspection(image).isDigestRight == false)
    }

    @Test func inspectionOfNonsenseThrowsAndNeverTraps() throws {
        let key = SigningKey()
        let parameters = ImageParameters(version: Self.version, productID: 7)
        let image = try SignedImage.make(binary: [1, 2, 3], parameters: parameters, key: key)
        for count in 0..<image.count {
            #expect(throws: ImageError.self, "\(count) bytes") { try ImageInspection(Array(image[0..<count])) }
        }
        for at in [8, 9, 10, 11, 12, 13, 14, 15] + Array(515..<image.count) {
            for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
                var changed = image
                changed[at] = value
                _ = try? ImageInspection(changed)
            }
        }
    }

    @Test(
        .enabled(if: Program.isImgtoolExpected, "imgtool is not installed: run Tools/setup --tests"),
        arguments: [
            (UInt16(0x200), UInt16(7), UInt32?.none), (0x20, 0x1234, 5), (0x400, 65535, 0), (0x100, 0, nil),
        ]
    )
    func imgtoolMakesTheSameBytes(headerSize: UInt16, product: UInt16, counter: UInt32?) throws {
        let imgtool = try #require(Program.imgtool, "imgtool is missing: run Tools/setup --tests")
        let folder = try Folder()
        let key = SigningKey()
        try KeyFile.write(key, to: folder.file("k"))
        _ = try folder.write(Self.binary, "app.bin")
        _ = try folder.write([UInt8(product & 0xFF), UInt8(product >> 8)], "pid.bin")
        var arguments = [
            "sign", "--pad-header", "--header-size", "\(headerSize)", "--slot-size", "0x20000", "--version", "1.2.3+4",
            "--custom-tlv-file", "0x00a0", folder.file("pid.bin"), "--key", folder.file("k"),
        ]
        if let counter { arguments += ["--security-counter", "\(counter)"] }
        let signed = try imgtool.run(arguments + [folder.file("app.bin"), folder.file("theirs.bin")])
        try #require(signed.status == 0, "\(signed.output)")

        let parameters = ImageParameters(
            version: Self.version,
            productID: product,
            headerSizeBytes: headerSize,
            securityCounter: counter
        )
        let ours = try SignedImage.make(binary: Self.binary, parameters: parameters, key: key)
        #expect(try folder.read("theirs.bin") == ours)
        #expect(try verify(try folder.read("theirs.bin"), key, product: product).productID == product)
    }

    @Test(.enabled(if: Program.isImgtoolExpected, "imgtool is not installed: run Tools/setup --tests"))
    func imgtoolVerifiesOursAndWeReadItsKeys() throws {
        let imgtool = try #require(Program.imgtool, "imgtool is missing: run Tools/setup --tests")
        let folder = try Folder()
        let made = try imgtool.run(["keygen", "-t", "ed25519", "-k", folder.file("theirs.pem")])
        try #require(made.status == 0, "\(made.output)")
        _ = try imgtool.run(["getpub", "-k", folder.file("theirs.pem"), "-e", "pem", "-o", folder.file("theirs.pub")])
        let key = try KeyFile.signingKey(folder.file("theirs.pem"))
        #expect(try KeyFile.verificationKey(folder.file("theirs.pub")) == key.verificationKey)
        try KeyFile.write(SigningKey(), to: folder.file("other"))

        let parameters = ImageParameters(version: Self.version, productID: 7)
        let image = try folder.write(
            try SignedImage.make(binary: Self.binary, parameters: parameters, key: key),
            "ours.bin"
        )
        #expect(try imgtool.run(["verify", "-k", folder.file("theirs.pub"), image]).status == 0)
        #expect(try imgtool.run(["verify", "-k", folder.file("other.pub"), image]).status != 0)
    }
}
