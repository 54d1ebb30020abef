import Bootloader
import FirmwareImage
import FlashEmulator
import SeededRandom
import Testing

/// Other keys for a device: who may order it, what of its images stays bootable, and what power cuts make of it.
@Suite(.timeLimit(.minutes(15))) struct TrustRotationTests {
    typealias Rotator = TrustRotator<StubCryptography>

    static func key(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    static func anchors(_ keys: [[UInt8]]) throws -> TrustAnchors {
        var anchors = TrustAnchors()
        for key in keys {
            let anchor = TrustAnchor(bytes: key.span.bytes)
            #expect(anchors.append(try #require(anchor)))
        }
        return anchors
    }

    static func keyHash(_ key: [UInt8]) throws -> SHA256Digest {
        let anchor = TrustAnchor(bytes: key.span.bytes)
        return try #require(anchor).keyHash(with: StubCryptography.SHA256())
    }

    /// A signed rotation to these keys.
    static func rotation(
        to keys: [[UInt8]],
        set number: UInt32 = 1,
        product: UInt16? = TestImages.product,
        by signer: [UInt8] = TestImages.key
    ) throws -> [UInt8] {
        let rotation = TrustRotation(
            productID: product,
            anchors: try anchors(keys),
            anchorSetNumber: number,
            signer: try keyHash(signer)
        )
        var bytes = [UInt8](repeating: 0, count: rotation.signedByteCount)
        do {
            var span = bytes.mutableSpan
            var output = span.mutableBytes
            rotation.encode(into: &output)
        }
        return bytes + signature(over: bytes, by: signer)
    }

    static func signature(over bytes: [UInt8], by signer: [UInt8]) -> [UInt8] {
        var hash = StubCryptography.SHA256()
        hash.update(bytes.span.bytes)
        let digest = hash.finalize()
        return StubCryptography.signature(over: digest.bytes, key: signer.span.bytes)
    }

    /// A device on which 1.0.0 runs, with 0.1.0 in the other slot, if wanted.
    private func device(_ geometry: TestGeometry = .words, predecessor: Bool = false) throws -> Device {
        var device = try geometry.device()
        try device.install(old, in: .primary)
        if predecessor { try device.install(older, in: .secondary) }
        _ = try device.boot()
        return device
    }

    private let older: [UInt8]
    private let old: [UInt8]
    private let new: [UInt8]
    private let newlySigned: [UInt8]

    init() throws {
        older = try TestImages.image(ImageVersion(major: 0, minor: 1, revision: 0), bodyBytes: 500)
        old = try TestImages.image(.v1, bodyBytes: 700)
        new = try TestImages.image(.v2, bodyBytes: 600)
        newlySigned = try TestImages.image(.v2, bodyBytes: 650, key: Self.key(9))
    }

    private func apply(_ bytes: [UInt8], _ device: inout Device) throws(RotationError) -> TrustRecord {
        try Rotator.apply(bytes.span.bytes, flash: &device.flash, map: device.map)
    }

    /// The byte map, held to the code.
    @Test func byteMap() throws {
        let bytes = try Self.rotation(to: [Self.key(9)], set: 0x0102_0304, product: 0x1234)
        let hash = try Self.keyHash(TestImages.key)
        var expected: [UInt8] = Array("ROTA".utf8) + [1, 1, 148, 0, 0x34, 0x12, 1, 0, 4, 3, 2, 1, 1, 32, 0, 0]
        expected += Self.key(9) + (0..<32).map { hash[$0] }
        #expect(bytes == expected + Self.signature(over: expected, by: TestImages.key))
        #expect(try TrustRotation(decoding: bytes.span.bytes).anchorSetNumber == 0x0102_0304)
    }

    @Test(arguments: TestGeometry.allCases) func newKeysTakeOverAndWhatRunsStays(
        _ geometry: TestGeometry
    ) throws {
        var device = try device(geometry, predecessor: true)
        let record = try apply(Self.rotation(to: [Self.key(9)]), &device)
        #expect(record.anchorSetNumber == 1)
        #expect(record.pinned.count == 1)
        #expect(try device.trust() == record)
        #expect(try device.boot().image.version == .v1)
        // What ran before is by a key that is not trusted any more.
        var damaged = device
        damaged.flash.overwrite(at: device.map.primary.offset + 300, [1, 2, 3])
        #expect(throws: BootError.noBootableImage(primary: .digestMismatch, secondary: .unknownKey)) {
            try damaged.boot()
        }
        // Another image by an old key is not taken, one by a new key is.
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().refusal == .secondaryInvalid(.unknownKey))
        try device.download(newlySigned)
        try device.control.markPending(.test, flash: &device.flash)
        #expect(try device.boot().isTrial)
        // And without confirmation the old image comes back, whose key is not trusted any more.
        #expect(try device.boot().action == .reverted)
        #expect(device.bytes(in: .primary, count: old.count) == old)
        try device.control.markPending(.test, flash: &device.flash)
        _ = try device.boot()
        try device.confirm()
        #expect(try device.boot().image.version == .v2)
        // The next rotation keeps what runs then, whoever signed it.
        let next = try apply(Self.rotation(to: [Self.key(10)], set: 2, by: Self.key(9)), &device)
        #expect(next.pinned.count == 1)
        #expect(try device.boot().image.version == .v2)
    }

    @Test func aKeyThatStaysNeedsNoPin() throws {
        var device = try device()
        let record = try apply(Self.rotation(to: [Self.key(9), TestImages.key]), &device)
        #expect(record.pinned.count == 0)
        #expect(try device.boot().image.version == .v1)
    }

    /// What runs and its way back stay.
    @Test func duringATrial() throws {
        for isConfirmed in [false, true] {
            var device = try device()
            try device.download(new)
            try device.control.markPending(.test, flash: &device.flash)
            #expect(try device.boot().isTrial)
            #expect(try apply(Self.rotation(to: [Self.key(9)]), &device).pinned.count == 2)
            if isConfirmed { try device.confirm() }
            #expect(try device.boot().image.version == (isConfirmed ? .v2 : .v1))
        }
    }

    /// An image that the revoked key signed and that never ran, or was rolled back, must not run because it lies there.
    @Test(arguments: [false, true]) func pendingAndRolledBackImagesAreNotPinned(isRolledBack: Bool) throws {
        var device = try device()
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        if isRolledBack {
            #expect(try device.boot().isTrial)
            #expect(try device.boot().action == .reverted)
        }
        let record = try apply(Self.rotation(to: [Self.key(9)]), &device)
        #expect(record.pinned.count == 1)
        if isRolledBack { try device.control.markPending(.permanent, flash: &device.flash) }
        let report = try device.boot()
        #expect(report.refusal == .secondaryInvalid(.unknownKey))
        #expect(report.image.version == .v1 && report.action == .none)
    }

    /// In the middle of a swap the images cannot be looked at, and would be lost.
    @Test func inTheMiddleOfASwap() throws {
        var device = try device()
        try device.download(new)
        try device.control.markPending(.test, flash: &device.flash)
        var clean = device
        let before = clean.flash.counters.operations
        _ = try clean.boot()
        let rotation = try Self.rotation(to: [Self.key(9)])
        var refusals = 0
        for operation in 0..<clean.flash.counters.operations - before {
            var cut = device
            cut.flash.cutPower(PowerCut(operation: operation, mode: .before))
            #expect(throws: BootError.flash(.powerLost)) { try cut.boot() }
            cut.flash.powerOn()
            var isApplied = false
            do throws(RotationError) {
                _ = try apply(rotation, &cut)
                isApplied = true
            } catch {
                #expect(error == .swapUnderWay)
                refusals += 1
            }
            // Before the swap began, the image that waits for it is by a key that is not trusted any more.
            #expect(try cut.boot().isTrial != isApplied, "operation \(operation)")
            #expect(try cut.boot().image.version == .v1, "operation \(operation)")
        }
        #expect(refusals > 10)
    }

    @Test func refusals() throws {
        let good = try Self.rotation(to: [Self.key(9)])
        var device = try device()
        func refused(_ bytes: [UInt8], _ expected: RotationError, _ place: Comment) throws {
            let start = device.flash
            #expect(throws: expected, place) { try apply(bytes, &device) }
            #expect(device.flash.contents == start.contents, place)
        }
        try refused([], .notARotation, "empty")
        try refused(Array(good.prefix(10)), .truncated, "10 bytes")
        try refused(good + [0], .malformed, "a byte more")
        try refused(Self.rotation(to: [Self.key(9)], product: 8), .wrongProduct(found: 8, expected: 7), "product")
        try refused(Self.rotation(to: [Self.key(9)], by: Self.key(3)), .unknownSigner, "another's key")
        try refused(Self.rotation(to: [Self.key(9)], set: 2), .skipped(found: 2, inForce: 0), "skipped")
        try refused(Self.rotation(to: [Self.key(9)], set: .max), .skipped(found: .max, inForce: 0), "skipped")
        try refused(Self.rotation(to: [Self.key(9)], set: 0), .replayed(found: 0, inForce: 0), "replayed")
        try refused(Self.rotation(to: []), .malformed, "no keys")
        var version = good
        version[4] = 2
        try refused(version, .version(2), "version")
        for count in 0..<good.count {
            #expect(throws: RotationError.self) { try apply(Array(good.prefix(count)), &device) }
        }
        // Every single bit counts.
        for bit in 0..<good.count * 8 {
            var changed = good
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: RotationError.self, "bit \(bit)") { try apply(changed, &device) }
        }
        // The signer's own signature under another key's name.
        var forged = Array(try Self.rotation(to: [Self.key(9)], by: Self.key(3)).dropLast(64 + 32))
        let hash = try Self.keyHash(TestImages.key)
        forged += (0..<32).map { hash[$0] }
        try refused(forged + Self.signature(over: forged, by: Self.key(3)), .badSignature, "forged")

        _ = try apply(good, &device)
        try refused(good, .replayed(found: 1, inForce: 1), "again")
        try refused(Self.rotation(to: [TestImages.key], set: 2), .unknownSigner, "by a key of the set before")
        _ = try apply(Self.rotation(to: [Self.key(10)], set: 2, by: Self.key(9)), &device)
        try refused(good, .replayed(found: 1, inForce: 2), "an old one")
    }

    @Test func randomBytes() throws {
        var random = SplitMix64(seed: Cuts.firstSeed)
        var device = try device()
        for round in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0..<460, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // So that not all of them fail at the first byte.
            for (index, byte) in (Array("ROTA".utf8) + [1, 1]).enumerated()
            where index < bytes.count && Int.random(in: 0..<20, using: &random) > 0 {
                bytes[index] = byte
            }
            if bytes.count > 7, Bool.random(using: &random) {
                bytes[6] = UInt8(bytes.count & 0xFF)
                bytes[7] = UInt8(bytes.count >> 8)
            }
            #expect(throws: RotationError.self, "round \(round), SEED=\(Cuts.firstSeed)") {
                try apply(bytes, &device)
            }
        }
        #expect(try device.trust().anchorSetNumber == 0)
    }

    @Test func notProvisioned() throws {
        let map = try TestGeometry.words.map()
        var flash = MemoryFlash(geometry: map.geometry)
        let bytes = try Self.rotation(to: [Self.key(9)])
        #expect(throws: RotationError.trust(.notProvisioned)) {
            try Rotator.apply(bytes.span.bytes, flash: &flash, map: map)
        }
    }

    /// Power cuts at every operation of a rotation, and again in the boot after it: the old keys or the new ones, and
    /// what runs boots under either.
    @Test(arguments: TestGeometry.allCases) func cutWhileRotating(_ geometry: TestGeometry) throws {
        var device = try device(geometry, predecessor: true)
        let rotation = try Self.rotation(to: [Self.key(9)])
        var sets: Set<UInt32> = []

        func check(_ flash: MemoryFlash, _ place: String) throws {
            var device = device
            device.flash = flash
            #expect(try device.boot().image.version == .v1, "\(place)")
            let number = try device.trust().anchorSetNumber
            sets.insert(number)
            if number == 0 {
                device.flash.overwrite(at: device.map.primary.offset + 300, [1, 2, 3])
                #expect(try device.boot().action == .recovered, "\(place)")
                #expect(device.bytes(in: .primary, count: older.count) == older, "\(place)")
            }
            // Again it comes through, or has.
            do throws(RotationError) {
                #expect(try apply(rotation, &device).anchorSetNumber == 1, "\(place)")
                #expect(number == 0, "\(place)")
            } catch {
                #expect(error == .replayed(found: 1, inForce: 1), "\(place)")
                #expect(number == 1, "\(place)")
            }
            try device.download(newlySigned)
            try device.control.markPending(.permanent, flash: &device.flash)
            #expect(try device.boot().image.version == .v2, "\(place)")
        }

        let cuts = try Cuts(of: &device) { device in _ = try apply(rotation, &device) }
        try cuts.forEach(seeds: Cuts.firstSeed..<Cuts.firstSeed + 8) { flash, place in
            try check(flash, "\(geometry) \(place)")
        }
        #expect(sets == [0, 1])
        try cuts.forEach(seeds: Cuts.firstSeed..<Cuts.firstSeed + 1) { flash, place in
            var second = device
            second.flash = flash
            let again = try Cuts(of: &second) { _ = try $0.boot() }
            try again.forEach(seeds: Cuts.firstSeed..<Cuts.firstSeed + 1) { flash, secondPlace in
                try check(flash, "\(geometry) \(place), then \(secondPlace)")
            }
        }
    }
}
