import FirmwareImage
import Flash
import Manifest

/// Reads a manifest and all that belongs to it, with the heap counted.
enum ManifestCheck {
    private struct List: ByteSource {
        var byteCount: UInt32 { 16 }

        mutating func read(at offset: UInt32, into buffer: inout MutableRawSpan) throws(ByteSourceError) {
            guard Int(offset) + buffer.byteCount <= 16 else { throw .outOfRange }
            buffer.fill(0)
        }
    }

    private static let key: UInt8 = 5

    static func run() {
        Sizes.line("Manifest: UpdateOffer", MemoryLayout<UpdateOffer>.size)
        let good = envelope(manifest)
        guard let offer = read(good) else { fail("a manifest is read") }
        expect(offer.productID == 7 && offer.version?.minor == 2, "a manifest is read")
        expect(offer.payload.sizeBytes == 2000 && offer.payload.codec == .lzma, "with its payload")
        var accepted = 0
        for index in 0..<good.count {
            var damaged = good
            damaged[index] ^= 1
            if read(damaged) != nil { accepted += 1 }
        }
        expect(accepted == 0, "and none with a bit changed")
        judge(offer)
        blocks(offer)
        decrypt(offer)
        freshness()
    }

    private static func judge(_ offer: UpdateOffer) {
        let anchors = anchors
        func check(room: UInt32) -> Bool {
            let state = DeviceState(securityCounters: 0...9, runningImage: nil, roomBytes: room, canDecrypt: true)
            return succeeds { () throws(ManifestError) in
                try offer.check(state, anchors: anchors, with: StandInCryptography.self)
            }
        }
        expect(check(room: 3500) && !check(room: 3499), "room is asked for before anything is downloaded")
    }

    private static func blocks(_ offer: UpdateOffer) {
        guard let blocks = offer.payload.blocks else { fail("blocks have digests") }
        let block = [UInt8](repeating: 1, count: 976)
        let isGood = succeeds { () throws(ManifestError) in
            var list = List()
            try blocks.check(block.span.bytes, index: 1, list: &list, with: StandInCryptography.self)
        }
        let isList = succeeds { () throws(ManifestError) in
            var list = List()
            try blocks.check(list: &list, with: StandInCryptography.self)
        }
        expect(blocks.count == 2 && !isGood && !isList, "a bad block and a bad list are refused")
    }

    private static func decrypt(_ offer: UpdateOffer) {
        guard let info = offer.payload.encryption else { fail("the payload is encrypted") }
        var bytes = [UInt8](repeating: 0, count: 20)
        let isDecrypted = succeeds { () throws(ManifestError) in
            let key = try info.contentKey(with: StandInDecryption())
            var span = bytes.mutableSpan
            var window = span.mutableBytes
            key.apply(to: &window, at: 7, with: StandInDecryption())
        }
        let value = [UInt8](repeating: 4, count: 80)
        let key = EncryptedKey(.encryptedKeyX25519, value: value.span.bytes)
        expect(isDecrypted && key?.contentKey(with: StandInDecryption()) != nil, "content keys are unwrapped")
    }

    private static func freshness() {
        var payload: [UInt8] = [0xA3, 1, 0x48]
        for byte: UInt8 in 1...8 { payload.append(byte) }
        for byte: UInt8 in [2, 9, 3, 0x18, 100] { payload.append(byte) }
        let answer = block(payload, isDetached: false)
        let nonce: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let anchors = anchors
        func isFresh(at now: UInt32) -> Bool {
            succeeds { () throws(ManifestError) in
                _ = try Freshness(
                    reading: answer.span.bytes,
                    nonce: nonce.span.bytes,
                    now: now,
                    anchors: anchors,
                    with: StandInCryptography.self
                )
            }
        }
        expect(isFresh(at: 99) && !isFresh(at: 100), "an answer holds until it expires")
    }

    private static func succeeds(_ body: () throws(ManifestError) -> Void) -> Bool {
        do throws(ManifestError) {
            try HeapMeter.measure(body)
            return true
        } catch {
            return false
        }
    }

    private static func read(_ envelope: [UInt8]) -> UpdateOffer? {
        let vendor = [UInt8](repeating: 0x76, count: 16)
        let kind = [UInt8](repeating: 0x63, count: 16)
        guard let vendor = DeviceIdentity.Identifier(bytes: vendor.span.bytes),
            let kind = DeviceIdentity.Identifier(bytes: kind.span.bytes)
        else { fail("identifiers have 16 bytes") }
        let anchors = anchors
        do throws(ManifestError) {
            return try HeapMeter.measure { () throws(ManifestError) in
                try ManifestReader<StandInCryptography>.offer(
                    in: envelope.span.bytes,
                    anchors: anchors,
                    device: DeviceIdentity(vendor: vendor, class: kind, productID: 7),
                    policy: ManifestPolicy(lastSequence: 4)
                )
            }
        } catch {
            return nil
        }
    }

    // MARK: Making one

    private static var anchors: TrustAnchors {
        let bytes = [UInt8](repeating: key, count: 32)
        guard let anchor = TrustAnchor(bytes: bytes.span.bytes) else { fail("a key has 32 bytes") }
        return TrustAnchors(anchor)
    }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var hash = StandInCryptography.SHA256()
        hash.update(bytes.span.bytes)
        let digest = hash.finalize()
        var copy: [UInt8] = []
        for index in 0..<32 { copy.append(digest[index]) }
        return copy
    }

    /// A COSE_Sign1 over a payload of fewer than 256 bytes.
    private static func block(_ payload: [UInt8], isDetached: Bool) -> [UInt8] {
        let string =
            (payload.count < 24 ? [] : [0x58]) + [UInt8(payload.count) | (payload.count < 24 ? 0x40 : 0)] + payload
        let context: [UInt8] = [0x84, 0x6A, 0x53, 0x69, 0x67, 0x6E, 0x61, 0x74, 0x75, 0x72, 0x65, 0x31]
        let protected: [UInt8] = [0x43, 0xA1, 0x01, 0x27]
        let signature = digest(context + protected + [0x40] + string) + [UInt8](repeating: key, count: 32)
        return [0xD2, 0x84] + protected + [0xA0] + (isDetached ? [0xF6] : string) + [0x58, 64] + signature
    }

    private static func envelope(_ manifest: [UInt8]) -> [UInt8] {
        let whole = [0x59, UInt8(manifest.count >> 8), UInt8(manifest.count & 0xFF)] + manifest
        let signed = [0x82, 0x2F, 0x58, 0x20] + digest(whole)
        let block = block(signed, isDetached: true)
        let wrapper = [0x82, 0x58, 36] + signed + [0x58, UInt8(block.count)] + block
        return [0xD8, 0x6B, 0xA2, 2, 0x58, UInt8(wrapper.count)] + wrapper + [3] + whole
    }

    /// What `SignedManifest` would encode: product 7, version 1.2.3, a compressed and encrypted payload.
    private static var manifest: [UInt8] {
        [
            164, 1, 1, 2, 5, 3, 88, 95, 162, 2, 129, 129, 65, 0, 4, 88, 86, 134, 20, 164, 1, 80, 118, 118, 118, 118,
            118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 118, 2, 80, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
            99, 99, 99, 99, 99, 99, 3, 88, 36, 130, 47, 88, 32, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
            3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 14, 25, 3, 232, 1, 15, 2, 15, 20, 88, 180, 134, 20, 163, 19, 88,
            103, 216, 96, 132, 64, 162, 1, 57, 255, 253, 5, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 246,
            129, 131, 68, 161, 1, 56, 28, 161, 32, 163, 1, 1, 32, 4, 33, 88, 32, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
            12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 88, 24, 16, 17, 18, 19,
            20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 0, 0, 0, 0, 0, 0, 0, 0, 21, 98, 102, 119, 57, 1, 0, 88,
            58, 169, 1, 7, 2, 131, 1, 2, 3, 3, 1, 5, 25, 7, 208, 6, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 7, 1, 8, 25, 13, 172, 10, 10, 11, 80, 238, 238, 238, 238, 238, 238, 238, 238, 238, 238, 238, 238, 238,
            238, 238, 238, 21, 2, 3, 15,
        ]
    }
}
