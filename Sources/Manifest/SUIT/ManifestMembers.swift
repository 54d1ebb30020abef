import FirmwareImage
import Flash

/// The members of a manifest, as places in the envelope, with the severed ones put in.
struct ManifestMembers {
    private(set) var sequenceNumber: UInt32 = 0
    private(set) var componentCount = 0
    private(set) var shared = Slice()
    private(set) var payloadFetch = Slice()
    private(set) var install = Slice()
    private(set) var validate = Slice()
    private(set) var load = Slice()
    private(set) var invoke = Slice()

    /// How many components a manifest may have; devices here have one.
    static let maximumComponents = 8

    /// Reads the manifest of an envelope whose signature was verified.
    init<Cryptography: DeviceCryptography>(
        _ envelope: borrowing Envelope,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) {
        let bytes = envelope.bytes
        var reader = CBORReader(bytes, envelope.manifest.contents)
        let count = try reader.map()
        var previous: Int64 = -1
        // Bit n: member n was there.
        var found: UInt32 = 0
        for _ in 0..<count {
            let key = try reader.key(after: &previous)
            guard key >= 0, key < 32 else { throw .unsupportedMember(key) }
            found |= 1 << UInt32(key)
            switch key {
            case SUITNumber.Member.version:
                let version = try reader.unsigned()
                guard version == 1 else { throw .unsupportedVersion(version) }
            case SUITNumber.Member.sequenceNumber: sequenceNumber = try reader.unsigned()
            case SUITNumber.Member.common: try readCommon(bytes, try reader.byteString())
            case SUITNumber.Member.referenceURI: _ = try reader.text()
            case SUITNumber.Member.validate: validate = try reader.byteString()
            case SUITNumber.Member.load: load = try reader.byteString()
            case SUITNumber.Member.invoke: invoke = try reader.byteString()
            case SUITNumber.Member.payloadFetch:
                payloadFetch = try member(&reader, key, envelope.payloadFetch, envelope, with: cryptography)
            case SUITNumber.Member.install:
                install = try member(&reader, key, envelope.install, envelope, with: cryptography)
            case SUITNumber.Member.text:
                // Not needed to install anything: it may be left out, but not be another.
                if reader.nextIsByteString || !envelope.text.contents.isEmpty {
                    _ = try member(&reader, key, envelope.text, envelope, with: cryptography)
                } else {
                    _ = try reader.suitDigest()
                }
            default: throw .unsupportedMember(key)
            }
        }
        try reader.finish()
        for key in SUITNumber.Member.version...SUITNumber.Member.common where found >> UInt32(key) & 1 == 0 {
            throw .missingMember(key)
        }
        // What is in the envelope must be what the manifest has the digest of.
        if !envelope.payloadFetch.contents.isEmpty, found >> 16 & 1 == 0 { throw .severedMember(16) }
        if !envelope.install.contents.isEmpty, found >> 20 & 1 == 0 { throw .severedMember(20) }
        if !envelope.text.contents.isEmpty, found >> 23 & 1 == 0 { throw .severedMember(23) }
    }

    private mutating func readCommon(_ bytes: RawSpan, _ slice: Slice) throws(ManifestError) {
        var reader = CBORReader(bytes, slice)
        let count = try reader.map()
        var previous: Int64 = -1
        for _ in 0..<count {
            switch try reader.key(after: &previous) {
            case SUITNumber.Member.components:
                componentCount = try reader.array()
                guard componentCount <= Self.maximumComponents else { throw .severalComponents(componentCount) }
                for _ in 0..<componentCount {
                    for _ in 0..<(try reader.array()) { _ = try reader.byteString() }
                }
            case SUITNumber.Member.sharedSequence: shared = try reader.byteString()
            case let key: throw .unsupportedMember(key)
            }
        }
        try reader.finish()
        guard componentCount > 0 else { throw .missingMember(SUITNumber.Member.components) }
    }

    /// A member that may be severed: here, or here its digest and in the envelope the member itself.
    private func member<Cryptography: DeviceCryptography>(
        _ reader: inout CBORReader,
        _ key: Int32,
        _ severed: Envelope.Member,
        _ envelope: borrowing Envelope,
        with cryptography: Cryptography.Type
    ) throws(ManifestError) -> Slice {
        if reader.nextIsByteString {
            guard severed.contents.isEmpty else { throw .severedMember(key) }
            return try reader.byteString()
        }
        let digest = try reader.suitDigest()
        guard !severed.contents.isEmpty else { throw .missingMember(key) }
        guard envelope.matches(severed, digest: digest, with: cryptography) else { throw .severedMember(key) }
        return severed.contents
    }
}
