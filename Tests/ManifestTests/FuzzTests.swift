import FirmwareImage
import FirmwarePackaging
import Foundation
import HostCryptography
import Manifest
import SeededRandom
import Testing

/// Takes every digest and every signature for right, so that damage reaches all that stands behind them.
private struct CredulousCryptography: DeviceCryptography {
    struct SHA256: SHA256Hashing {
        init() {}
        mutating func update(_ bytes: RawSpan) {}
        mutating func finalize() -> SHA256Digest { FuzzTests.digest }
    }

    static func isValidEd25519(signature: RawSpan, message: RawSpan, publicKey: RawSpan) -> Bool { true }
    static func isValidECDSAP256(signature: RawSpan, digest: SHA256Digest, publicKey: RawSpan) -> Bool { true }
}

/// Damaged and random envelopes: a typed error or an offer, never a trap.
@Suite struct FuzzTests {
    static let digest = SHA256Digest(of: [])

    /// The examples'.
    private static let deviceClass: DeviceIdentity.Identifier = {
        let bytes = Examples.hex("1492af1425695e48bf429b2d51f2ab45")
        return DeviceIdentity.Identifier(bytes: bytes.span.bytes) ?? Fixture.deviceClass
    }()

    /// Envelopes with the one digest that the credulous library has.
    private static let envelopes: [[UInt8]] = {
        let digests = [[0x82, 0x2F, 0x58, 0x20] as [UInt8]]
        var contents = try? Fixture().contents
        contents?.deviceClass = deviceClass
        let made = contents.flatMap { try? Fixture.envelope($0) } ?? []
        return (ExampleTests.all + [made, made, made]).map { envelope in
            var envelope = envelope
            for start in 0..<max(0, envelope.count - 36) where digests.contains(Array(envelope[start..<start + 4])) {
                for index in 0..<32 { envelope[start + 4 + index] = digest[index] }
            }
            // The key id, which is the digest's first byte then.
            if envelope.count > 56, Array(envelope[53..<56]) == [0xA1, 0x04, 0x41] { envelope[56] = digest[0] }
            return envelope
        }
    }()

    /// MANIFEST_FUZZ_INPUTS says how many, SEED which.
    @Test(.timeLimit(.minutes(60))) func damagedAndRandomEnvelopesNeverTrap() throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["MANIFEST_FUZZ_INPUTS"].flatMap { Int($0) } ?? 1_000_000
        let seed = environment["SEED"].flatMap { UInt64($0) } ?? 1
        var random = SplitMix64(seed: seed)
        var anchors = try Fixture.anchors()
        _ = anchors.append(try SigningKey(.ecdsaP256).verificationKey.trustAnchor())
        var device = Fixture.device
        device.productID = nil
        device.class = Self.deviceClass
        let policy = ManifestPolicy(lastSequence: 0)
        var outcomes = [Int](repeating: 0, count: 256)
        var envelope: [UInt8] = []
        let start = ContinuousClock.now
        for input in 0..<count {
            envelope = Self.envelopes[input % Self.envelopes.count]
            if input % 16 == 15 {
                envelope.removeLast(Int(random.next() % UInt64(envelope.count)))
                envelope += (0..<random.next() % 40).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            } else {
                for _ in 0...random.next() % 3 {
                    let offset = Int(random.next() % UInt64(envelope.count))
                    let choice = random.next()
                    envelope[offset] =
                        choice & 1 == 0
                        ? envelope[offset] ^ 1 << UInt8(choice >> 1 & 7)
                        : UInt8(truncatingIfNeeded: choice >> 8)
                }
            }
            do throws(ManifestError) {
                let offer = try ManifestReader<CredulousCryptography>.offer(
                    in: envelope.span.bytes,
                    anchors: anchors,
                    device: device,
                    policy: policy
                )
                outcomes[0] += 1
                // What a device would rely on.
                #expect(offer.payload.roomBytes >= offer.imageSizeBytes, "seed \(seed), input \(input)")
                #expect(offer.payload.uri.byteCount > 0, "seed \(seed), input \(input)")
                if let blocks = offer.payload.blocks { #expect(blocks.count > 0 && blocks.blockSizeBytes >= 1024) }
            } catch {
                outcomes[Int(error.code)] += 1
            }
        }
        let rates = outcomes.enumerated().filter { $0.element > 0 }.map { outcome in
            let percent = String(format: "%.2f %%", 100 * Double(outcome.element) / Double(count))
            return outcome.offset == 0 ? "offers \(percent)" : "code \(outcome.offset) \(percent)"
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("manifests: \(Int(Double(count) / seconds)) inputs/s")
        print("manifests: \(count) inputs, seed \(seed): \(rates.joined(separator: ", "))")
        // Otherwise the damage does not reach what it should.
        let reached: [ManifestError] = [
            .truncated, .trailingBytes, .unexpectedType, .keyOrder, .wrongVendor, .wrongClass, .unsupportedCommand(0),
            .unsupportedParameter(0), .unsupportedInformation(0), .unsupportedEncryption, .nothingToFetch,
            .severalComponents(2), .malformedURI, .unsupportedDigest(0),
        ]
        for error in reached { #expect(outcomes[Int(error.code)] > 0, "\(error), seed \(seed)") }
    }
}
