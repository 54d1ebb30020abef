import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest

/// A device, keys, and a manifest that has everything a manifest can have.
struct Fixture {
    static let vendor = DeviceIdentity.Identifier(vendorDomain: "arm.com")
    static let deviceClass = DeviceIdentity.Identifier(className: "sensor node", vendor: vendor)
    static let device = DeviceIdentity(vendor: vendor, class: deviceClass, productID: 7)
    static let signer = SigningKey()
    static let recipient = HostDecryption(.x25519)
    /// The image that runs, and the payload of an update for it.
    static let running = [UInt8](repeating: 7, count: 70_000)
    static let plainPayload = (0..<9_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 5) }

    let payload: [UInt8]
    let blocks: BlockDigestList
    let contents: ManifestContents

    /// All of it, with a payload that is encrypted anew.
    ///
    /// - Parameter curve: of the recipient's key.
    /// - Throws: what encrypting does.
    init(_ curve: AgreementCurve = .x25519) throws {
        let recipient = curve == .x25519 ? Self.recipient : HostDecryption(curve)
        let encrypted = try EncryptedPayload(Self.plainPayload, to: RecipientKey(recipient))
        payload = encrypted.bytes
        blocks = BlockDigestList(of: payload)
        contents = ManifestContents(
            sequenceNumber: 300,
            vendor: Self.vendor,
            deviceClass: Self.deviceClass,
            productID: 7,
            version: ImageVersion(major: 1, minor: 4, revision: 2),
            securityCounter: 3,
            imageDigest: SHA256Digest(of: [1, 2, 3]),
            imageSizeBytes: 231_624,
            payload: ManifestContents.Payload(
                uri: "1.4.2/1.4.1d",
                sizeBytes: UInt32(payload.count),
                digest: SHA256Digest(of: payload),
                codec: .delta,
                roomBytes: 240_640,
                precursor: SHA256Digest(of: Self.running),
                encryptionInfo: encrypted.info,
                blocks: blocks
            )
        )
    }

    /// Signed by the keys given, or by the fixture's.
    static func envelope(_ contents: ManifestContents, _ keys: [SigningKey] = [signer]) throws -> [UInt8] {
        var manifest = SignedManifest(contents)
        for key in keys { try manifest.sign(key) }
        return try manifest.envelope()
    }

    static func anchors(_ keys: [SigningKey] = [signer]) throws -> TrustAnchors {
        var anchors = TrustAnchors()
        for key in keys { _ = anchors.append(try key.verificationKey.trustAnchor()) }
        return anchors
    }

    /// Reads an envelope as a device does.
    static func offer(
        _ envelope: [UInt8],
        anchors: TrustAnchors? = nil,
        device: DeviceIdentity = device,
        policy: ManifestPolicy = ManifestPolicy(lastSequence: 0)
    ) throws -> UpdateOffer {
        try ManifestReader<HostCryptography>.offer(
            in: envelope.span.bytes,
            anchors: anchors ?? Self.anchors(),
            device: device,
            policy: policy
        )
    }

    /// Verifies an envelope, whatever device it is for.
    static func verify(
        _ envelope: [UInt8],
        anchors: TrustAnchors
    ) throws(ManifestError) -> (sequenceNumber: UInt32, componentCount: Int, signers: Signers) {
        try ManifestReader<HostCryptography>.verify(envelope.span.bytes, anchors: anchors)
    }

    /// A device that can take what the fixture offers.
    static func state(
        running: [UInt8]? = running,
        counters: ClosedRange<UInt32> = 0...100,
        roomBytes: UInt32 = 300_000,
        canDecrypt: Bool = true
    ) -> DeviceState {
        DeviceState(
            securityCounters: counters,
            runningImage: running.map { SHA256Digest(of: $0) },
            roomBytes: roomBytes,
            canDecrypt: canDecrypt
        )
    }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
