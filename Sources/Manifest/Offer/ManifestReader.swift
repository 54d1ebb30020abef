public import FirmwareImage
import Flash

/// Reads SUIT envelopes (draft-ietf-suit-manifest): authentication first, then what the manifest says.
///
/// Nothing is kept of the envelope's bytes, and nothing is allocated. The order of all checks is in docs/manifest.md.
public enum ManifestReader<Cryptography: DeviceCryptography> {
    /// The longest envelope that is read, in bytes.
    public static var maximumByteCount: Int { Envelope.maximumByteCount }

    /// Verifies an envelope and finds out what it offers to a device.
    ///
    /// - Parameters:
    ///   - bytes: the whole envelope, nothing behind it.
    ///   - anchors: the keys whose signatures count.
    ///   - device: what the device is.
    ///   - policy: how many signatures it asks for, and which sequence numbers.
    /// - Returns: the offer; `UpdateOffer.check(_:anchors:with:)` says whether this device can take it now.
    /// - Throws: the first reason to refuse it. Nothing of the manifest is looked at before its signatures.
    public static func offer(
        in bytes: RawSpan,
        anchors: TrustAnchors,
        device: DeviceIdentity,
        policy: ManifestPolicy
    ) throws(ManifestError) -> UpdateOffer {
        let envelope = try Envelope(bytes)
        let signers = try verify(envelope, anchors: anchors, required: policy.requiredSignatures)
        let members = try ManifestMembers(envelope, with: Cryptography.self)
        try scan(members, bytes)
        let sequence = members.sequenceNumber
        let range = policy.sequenceNumbers
        guard sequence >= range.lowerBound else {
            throw .sequenceTooLow(found: sequence, minimum: range.lowerBound)
        }
        guard sequence <= range.upperBound else {
            throw .sequenceTooHigh(found: sequence, maximum: range.upperBound)
        }
        let parameters = try Self.parameters(members, bytes, device: device)
        return try Self.offer(parameters, bytes, device: device, sequenceNumber: sequence, signers: signers)
    }

    /// Verifies an envelope, whatever device it is for, and that all of its manifest is what is supported.
    ///
    /// - Parameters:
    ///   - bytes: the whole envelope, nothing behind it.
    ///   - anchors: the keys whose signatures count.
    ///   - requiredSignatures: how many of them must have signed; 0 counts as 1.
    /// - Returns: the manifest's sequence number, how many components it has, and who signed it.
    /// - Throws: the first reason to refuse it.
    public static func verify(
        _ bytes: RawSpan,
        anchors: TrustAnchors,
        requiredSignatures: UInt8 = 1
    ) throws(ManifestError) -> (sequenceNumber: UInt32, componentCount: Int, signers: Signers) {
        let envelope = try Envelope(bytes)
        let signers = try verify(envelope, anchors: anchors, required: requiredSignatures)
        let members = try ManifestMembers(envelope, with: Cryptography.self)
        try scan(members, bytes)
        return (members.sequenceNumber, members.componentCount, signers)
    }

    private static func verify(
        _ envelope: borrowing Envelope,
        anchors: TrustAnchors,
        required: UInt8
    ) throws(ManifestError) -> Signers {
        guard envelope.matches(envelope.manifest, digest: envelope.digest, with: Cryptography.self) else {
            throw .digestMismatch
        }
        guard envelope.blockCount <= SignatureCheck.maximumBlocks else { throw .tooManySignatures }
        var check = SignatureCheck()
        var reader = CBORReader(envelope.bytes, envelope.blocks)
        while !reader.isAtEnd {
            let block = try SignatureBlock(envelope.bytes, try reader.byteString())
            guard block.payload.isEmpty else { throw .unsupportedAuthentication }
            try check.add(
                block,
                envelope.bytes,
                payload: envelope.signed,
                anchors: anchors,
                with: Cryptography.self
            )
        }
        return try check.finish(required: required)
    }

    /// Looks at all sequences and all of their branches.
    private static func scan(_ members: ManifestMembers, _ bytes: RawSpan) throws(ManifestError) {
        let sequences: InlineArray<6, (Slice, UInt32)> = [
            (members.shared, SUITNumber.Sequence.shared), (members.payloadFetch, SUITNumber.Sequence.fetch),
            (members.install, SUITNumber.Sequence.fetch), (members.validate, SUITNumber.Sequence.shared),
            (members.load, SUITNumber.Sequence.load), (members.invoke, SUITNumber.Sequence.invoke),
        ]
        for index in 0..<6 {
            var walk = CommandWalk(bytes, componentCount: members.componentCount, device: nil)
            try walk.run(sequences[index].0, allowed: sequences[index].1)
        }
    }

    /// What the sequences mean for a device.
    private static func parameters(
        _ members: ManifestMembers,
        _ bytes: RawSpan,
        device: DeviceIdentity
    ) throws(ManifestError) -> Parameters {
        guard members.componentCount == 1 else { throw .severalComponents(members.componentCount) }
        guard members.load.isEmpty else { throw .unsupportedMember(SUITNumber.Member.load) }
        var walk = CommandWalk(bytes, componentCount: 1, device: device)
        try walk.run(members.shared, allowed: SUITNumber.Sequence.shared)
        try walk.run(members.payloadFetch, allowed: SUITNumber.Sequence.fetch)
        try walk.run(members.install, allowed: SUITNumber.Sequence.fetch)
        guard walk.hasFetched else { throw .nothingToFetch }
        return walk.parameters
    }

    private static func offer(
        _ parameters: Parameters,
        _ bytes: RawSpan,
        device: DeviceIdentity,
        sequenceNumber: UInt32,
        signers: Signers
    ) throws(ManifestError) -> UpdateOffer {
        // Always checked, whether or not the sequences have the conditions.
        guard !parameters.vendor.isEmpty else { throw .missingParameter(SUITNumber.Parameter.vendorIdentifier) }
        guard device.vendor.bytes.elementsEqual(bytes.extracting(parameters.vendor.range)) else { throw .wrongVendor }
        guard !parameters.classID.isEmpty else { throw .missingParameter(SUITNumber.Parameter.classIdentifier) }
        guard device.class.bytes.elementsEqual(bytes.extracting(parameters.classID.range)) else { throw .wrongClass }
        guard let digest = SHA256Digest(bytes: bytes.extracting(parameters.imageDigest.range)) else {
            throw .missingParameter(SUITNumber.Parameter.imageDigest)
        }
        guard let sizeBytes = parameters.imageSizeBytes else {
            throw .missingParameter(SUITNumber.Parameter.imageSize)
        }
        let information = try UpdateInformation(bytes, parameters.information)
        if let expected = device.productID, information.productID != expected {
            throw .wrongProduct(found: information.productID, expected: expected)
        }
        let payload = try PayloadDescription(
            parameters,
            information,
            bytes,
            imageDigest: digest,
            imageSizeBytes: sizeBytes
        )
        return UpdateOffer(
            sequenceNumber: sequenceNumber,
            signers: signers,
            productID: information.productID,
            version: information.version,
            securityCounter: information.securityCounter,
            imageKey: information.imageKey,
            imageDigest: digest,
            imageSizeBytes: sizeBytes,
            payload: payload
        )
    }
}

extension PayloadDescription {
    /// - Throws: what is missing, or cannot be.
    init(
        _ parameters: Parameters,
        _ information: UpdateInformation,
        _ bytes: RawSpan,
        imageDigest: SHA256Digest,
        imageSizeBytes: UInt32
    ) throws(ManifestError) {
        guard let uri = PayloadURI(bytes: bytes.extracting(parameters.uri.range)) else { throw .malformedURI }
        self.uri = uri
        codec = information.codec
        precursor = information.precursor
        guard precursor == nil || codec == .delta else { throw .malformedInformation(UpdateInformation.Key.precursor) }
        encryption =
            parameters.encryption.isEmpty ? nil : try EncryptionInfo(bytes, parameters.encryption)
        let isImage = codec == .image && encryption == nil
        if let digest = information.payloadDigest {
            self.digest = digest
        } else {
            // A payload that is the image has its digest.
            guard isImage, let digest = DigestPrefix(bytes: imageDigest.bytes) else {
                throw .missingInformation(UpdateInformation.Key.payloadDigest)
            }
            self.digest = digest
        }
        if let size = information.payloadSizeBytes {
            guard size > 0, codec != .image || size == imageSizeBytes else {
                throw .malformedInformation(UpdateInformation.Key.payloadSize)
            }
            sizeBytes = size
        } else {
            guard codec == .image else { throw .missingInformation(UpdateInformation.Key.payloadSize) }
            sizeBytes = imageSizeBytes
        }
        roomBytes = information.roomBytes ?? imageSizeBytes
        guard roomBytes >= imageSizeBytes else { throw .malformedInformation(UpdateInformation.Key.room) }
        if let exponent = information.blockSizeExponent, let listDigest = information.blockListDigest {
            guard let blocks = BlockDigests(sizeExponent: exponent, payloadSizeBytes: sizeBytes, listDigest: listDigest)
            else { throw .malformedInformation(UpdateInformation.Key.blockSize) }
            self.blocks = blocks
        } else {
            guard information.blockSizeExponent == nil else {
                throw .missingInformation(UpdateInformation.Key.blockDigests)
            }
            guard information.blockListDigest == nil else {
                throw .missingInformation(UpdateInformation.Key.blockSize)
            }
            blocks = nil
        }
    }
}
