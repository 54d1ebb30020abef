import FirmwareImage
import Flash

/// The parts of a SUIT envelope, read in place; nothing of it is verified.
///
/// ```
/// 107({ 2: << [ << [-16, digest] >>, << COSE_Sign1 >>, … ] >>, 3: << manifest >>,
///       ? 16: << payload fetch >>, ? 20: << install >>, ? 23: << text >> })
/// ```
struct Envelope: ~Escapable {
    /// The longest that is read. The longest example of the specification has 923 bytes; those made here have 450.
    static let maximumByteCount = 1024

    /// A member with the header of its byte string, which digests cover too, and without.
    struct Member {
        var whole = Slice()
        var contents = Slice()
    }

    let bytes: RawSpan
    /// The SUIT_Digest, encoded: what is signed.
    let signed: Slice
    /// The 32 bytes in it.
    let digest: Slice
    /// The authentication blocks: byte strings, one after the other.
    let blocks: Slice
    let blockCount: Int
    private(set) var manifest = Member()
    private(set) var payloadFetch = Member()
    private(set) var install = Member()
    private(set) var text = Member()

    /// - Throws: ``ManifestError``: what CBOR or SUIT has against it.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) throws(ManifestError) {
        guard bytes.byteCount <= Self.maximumByteCount else { throw .tooLarge(byteCount: bytes.byteCount) }
        var reader = CBORReader(bytes)
        let count: Int
        do throws(ManifestError) {
            try reader.tag(SUITNumber.envelopeTag)
            count = try reader.map()
        } catch {
            throw error == .unexpectedType ? .notAnEnvelope : error
        }
        var authentication = Slice()
        var previous: Int64 = -1
        for _ in 0..<count {
            let key = try reader.key(after: &previous)
            let start = reader.position
            var member = Member()
            member.contents = try reader.byteString()
            member.whole = Slice(start..<reader.position)
            switch key {
            case SUITNumber.Member.authentication: authentication = member.contents
            case SUITNumber.Member.manifest: manifest = member
            case SUITNumber.Member.payloadFetch: payloadFetch = member
            case SUITNumber.Member.install: install = member
            case SUITNumber.Member.text: text = member
            default: throw .unsupportedMember(key)
            }
        }
        try reader.finish()
        guard !authentication.isEmpty else { throw .missingMember(SUITNumber.Member.authentication) }
        guard !manifest.contents.isEmpty else { throw .missingMember(SUITNumber.Member.manifest) }

        var wrapper = CBORReader(bytes, authentication)
        let items = try wrapper.array()
        guard items > 0 else { throw .unexpectedType }
        signed = try wrapper.byteString()
        var inner = CBORReader(bytes, signed)
        digest = try inner.suitDigest()
        try inner.finish()
        let start = wrapper.position
        for _ in 1..<items { _ = try wrapper.byteString() }
        try wrapper.finish()
        blocks = Slice(start..<wrapper.position)
        blockCount = items - 1
        self.bytes = bytes
    }

    /// Whether a member, with its byte string's header, has the digest at another place.
    func matches<Cryptography: DeviceCryptography>(
        _ member: Member,
        digest: Slice,
        with cryptography: Cryptography.Type
    ) -> Bool {
        var hash = Cryptography.SHA256()
        hash.update(bytes.extracting(member.whole.range))
        let found = hash.finalize()
        return found.bytes.elementsEqual(bytes.extracting(digest.range))
    }
}
