import Bootloader
import Crypto
import FirmwareImage
import Flash
import FlashEmulator
import Foundation
import HostCryptography
import Testing

/// Swaps of real firmware with real signatures on real geometries.
///
/// The firmware is where Tools/firmware has it: Tools/test says so by FIRMWARE_CORPUS.
@Suite(.timeLimit(.minutes(15))) struct CorpusTests {
    static func body(_ name: String) throws -> [UInt8] {
        let folder = try #require(
            ProcessInfo.processInfo.environment["FIRMWARE_CORPUS"],
            "run Tools/test, or set FIRMWARE_CORPUS to what Tools/firmware prints"
        )
        return [UInt8](try Data(contentsOf: URL(filePath: folder).appending(path: name)))
    }

    private static func key() throws -> Curve25519.Signing.PrivateKey {
        try Curve25519.Signing.PrivateKey(rawRepresentation: (0..<32).map { $0 + 1 })
    }

    static func image(_ body: [UInt8], _ version: ImageVersion) throws -> [UInt8] {
        let unsigned = try ImageAssembler.unsigned(
            body: body,
            version: version,
            headerSizeBytes: 0x200,
            protectedEntries: [.productID(7)]
        )
        let digest = Crypto.SHA256.hash(data: unsigned)
        let anchor = try anchor()
        let ours = FirmwareImage.SHA256Digest(bytes: Array(digest).span.bytes)
        return try ImageAssembler.signed(
            unsigned,
            digest: try #require(ours),
            keyHash: anchor.keyHash(with: HostCryptography.SHA256()),
            signature: Array(key().signature(for: Data(digest)))
        )
    }

    static func anchor() throws -> TrustAnchor {
        let anchor = try TrustAnchor(bytes: Array(key().publicKey.rawRepresentation).span.bytes)
        return try #require(anchor)
    }

    @Test(arguments: FlashPart.allCases) func updateAndRevert(_ part: FlashPart) throws {
        let map = try part.map()
        let isSmall = part == .stm32l1
        let old = try Self.image(
            isSmall
                ? Self.body("greatfet/2025.0.0.bin")
                : Self.body("microbit-v1/uflash-1.0.8.bin"),
            .v1
        )
        let new = try Self.image(
            isSmall
                ? Self.body("greatfet/2026.0.0.bin")
                : Self.body("microbit-v1/uflash-1.2.4.bin"),
            .v2
        )
        var device = try Device(map, isWriteOnce: part == .stm32l4)
        let trust = TrustRecord(productID: 7, anchors: TrustAnchors(try Self.anchor()))
        try TrustStore(map: map).write(trust, flash: &device.flash)
        try device.install(old, in: .primary)
        func boot() throws -> BootReport { try Bootloader<HostCryptography>.boot(flash: &device.flash, map: map) }
        #expect(try boot().image.version == .v1)
        for isConfirmed in [false, true] {
            try device.download(new)
            try device.control.markPending(.test, flash: &device.flash)
            let trial = try boot()
            #expect(trial.isTrial)
            #expect(trial.action == .swappedForTest)
            #expect(device.bytes(in: .primary, count: new.count) == new)
            #expect(device.bytes(in: .secondary, count: old.count) == old)
            if isConfirmed { _ = try Confirmation<HostCryptography>.confirm(flash: &device.flash, map: map) }
            let next = try boot()
            #expect(next.action == (isConfirmed ? .none : .reverted))
            let expected = isConfirmed ? new : old
            #expect(device.bytes(in: .primary, count: expected.count) == expected)
        }
        let digest = try SlotVerifier<HostCryptography>.digest(
            of: .primary,
            byteCount: UInt32(new.count),
            flash: &device.flash,
            map: map
        )
        let expected = Array(Crypto.SHA256.hash(data: new))
        #expect((0..<32).map { digest[$0] } == expected)
        #expect(throws: FlashError.outOfRange(address: map.primary.offset)) {
            try SlotVerifier<HostCryptography>.digest(
                of: .primary,
                byteCount: .max,
                flash: &device.flash,
                map: map
            )
        }
    }
}
