import FirmwareImage
import HostCryptography
import Testing

/// Images as imgtool 2.5.0 makes them, from the same key and body.
///
/// ```
/// imgtool sign --align 4 --slot-size 0x10000 --key k.pem --pad-header --header-size H --version V … body out
/// ```
@Suite(.timeLimit(.minutes(15))) struct ImgtoolTests {
    /// `--header-size 0x20 --version 1.2.3+4 --custom-tlv 0x00a0 0x0700`, whole.
    static let withProduct = bytes(
        hex: """
            3db8f3960000000020000a006400000000000000010203000400000000000000030a11181f262d343b424950575e656c737a81888f969da4
            abb2b9c0c7ced5dce3eaf1f8ff060d141b222930373e454c535a61686f767d848b9299a0a7aeb5bcc3cad1d8dfe6edf4fb020910171e252c
            333a41484f565d646b727980878e959ca3aab1b808690a00a000020007000769900010002000af37144de44e0339334259bce678904e2186
            2b82655d845ac4b44c93ddc2c4ef01002000646d6be49d9f0048f94f67749eca35156eed4f7a7be18e4fc4a94bfd44e300b0240040007b42
            68d37e9a2e302052667d5f1ae4238506e829e67954b497bea82b3689188663cbbe6d8d235957a77a9f1afcbae26a3a5667f6d6fda41fc4f1
            90d13c751c0c
            """
    )

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var headerSizeBytes: UInt16
        var version: ImageVersion
        var entries: [ImageAssembler.Entry]
        /// SHA-256 of imgtool's file.
        var fileDigest: String
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "product",
            headerSizeBytes: 0x20,
            version: ImageVersion(major: 1, minor: 2, revision: 3, build: 4),
            entries: [.productID(7)],
            fileDigest: "4a1d96acb2e71cb2d0916fef99819d8db96b4f25fadf6343af84ebf709a1595b"
        ),
        Case(
            name: "no protected area",
            headerSizeBytes: 0x20,
            version: ImageVersion(major: 1, minor: 2, revision: 3, build: 4),
            entries: [],
            fileDigest: "0b7ef669295d7ce448d7a70f551382f49c90c52442e741847c7e9c8865a9d782"
        ),
        Case(
            name: "--security-counter 9, greatest version, header 0x200",
            headerSizeBytes: 0x200,
            version: ImageVersion(major: 255, minor: 254, revision: 65535, build: .max),
            entries: [.securityCounter(9), .productID(12345)],
            fileDigest: "e2a64bdf4091bc526c5d8fa12036c23724622e01e33e5d5f3c3b693d9ddbffe5"
        ),
        Case(
            name: "--dependencies (1,1.0.0)",
            headerSizeBytes: 0x200,
            version: ImageVersion(major: 2, minor: 0, revision: 0),
            entries: [
                ImageAssembler.Entry(type: .dependency, value: [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), .productID(7),
            ],
            fileDigest: "e8978468a726678ed651f1e603a95d1ec389584fc765a16ef5993da7b353f2f3"
        ),
    ]

    @Test(arguments: cases) func assembledAsImgtoolDoes(_ test: Case) throws {
        let signer = try TestSigner()
        let image = try signer.image(
            version: test.version,
            headerSizeBytes: test.headerSizeBytes,
            entries: test.entries
        )
        let digest = signer.digest(image)
        #expect(hex((0..<32).map { digest[$0] }) == test.fileDigest)
    }

    @Test(arguments: cases) func verified(_ test: Case) throws {
        let signer = try TestSigner()
        let image = try signer.image(
            version: test.version,
            headerSizeBytes: test.headerSizeBytes,
            entries: test.entries
        )
        let verified = try verify(image, anchors: signer.anchors, product: nil).get()
        #expect(verified.version == test.version)
        #expect(verified.totalSizeBytes == UInt32(image.count))
        #expect(verified.securityCounter == (test.name.contains("counter") ? 9 : nil))
    }

    @Test func imgtoolsBytes() throws {
        let signer = try TestSigner()
        #expect(try signer.image() == Self.withProduct)
        // As in a slot: with whatever follows.
        let slot = Self.withProduct + [UInt8](repeating: 0xFF, count: 1000)
        let verified = try verify(slot, anchors: signer.anchors).get()
        #expect(verified.productID == 7)
        #expect(verified.version == ImageVersion(major: 1, minor: 2, revision: 3, build: 4))
        #expect(verified.totalSizeBytes == 286)
        #expect(verified.keyHash == (try signer.anchor.keyHash(with: HostCryptography.SHA256())))
        #expect(verified.digest.prefix64 == 0xAF37_144D_E44E_0339)
    }

    /// `--pure`: the signature is over the image, which MCUboot checks in another build; and `--sha 512`.
    @Test func otherSignatures() throws {
        let signer = try TestSigner()
        let unsigned = try ImageAssembler.unsigned(
            body: TestSigner.body,
            version: ImageVersion(major: 1, minor: 2, revision: 3)
        )
        let pure =
            try unsigned
            + ImageAssembler.area(
                isProtected: false,
                [
                    .init(type: .sha512, value: [UInt8](repeating: 0, count: 64)),
                    .init(type: .pureSignature, value: [1]),
                ]
            )
        #expect(verify(pure, anchors: try signer.anchors, product: nil).error == .unprotectedTLV(type: 0x25))
        let sha512 =
            try unsigned
            + ImageAssembler.area(
                isProtected: false,
                [
                    .init(type: .sha512, value: [UInt8](repeating: 0, count: 64)),
                    .init(type: .keyHash, value: [UInt8](repeating: 0, count: 64)),
                ]
            )
        #expect(verify(sha512, anchors: try signer.anchors, product: nil).error == .missingDigest)
    }
}
