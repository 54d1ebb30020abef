public import FirmwareImage
import Flash

/// What is in a slot.
public enum SlotContents: Equatable, Sendable {
    /// An image that this device may boot.
    case image(VerifiedImage)
    /// None, and why; `notAnImage` also stands for an erased slot.
    case none(ImageError)

    /// The image, if it is one.
    public var image: VerifiedImage? {
        switch self {
        case .image(let image): image
        case .none: nil
        }
    }
}

/// Verifies the images in slots.
public enum SlotVerifier<Cryptography: DeviceCryptography> {
    /// Verifies structure, digest, signature, product and security counter of the image in a slot; if it does not
    /// verify, once more, as a read may be wrong.
    ///
    /// - Parameters:
    ///   - slot: which.
    ///   - flash: the flash.
    ///   - map: where the slot is in it.
    ///   - trust: the product, the keys and the security counter to accept.
    /// - Returns: the image, or why there is none.
    /// - Throws: `powerLost` only. A slot that cannot be read holds no image: the other one may.
    public static func contents<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash,
        map: FlashMap,
        trust: TrustRecord
    ) throws(FlashError) -> SlotContents {
        let contents = try contentsAsRead(of: slot, flash: &flash, map: map, trust: trust)
        guard case .none = contents else { return contents }
        return try contentsAsRead(of: slot, flash: &flash, map: map, trust: trust)
    }

    @inline(never)
    private static func contentsAsRead<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        flash: inout Flash,
        map: FlashMap,
        trust: TrustRecord
    ) throws(FlashError) -> SlotContents {
        var source = SlotSource(slot, of: map, taking: flash)
        let contents: SlotContents
        do throws(ImageError) {
            contents = .image(try verify(&source, trust: trust))
        } catch {
            contents = .none(error)
        }
        let isPowerLost = source.isPowerLost
        flash = source.takeFlash()
        guard !isPowerLost else { throw .powerLost }
        return contents
    }

    /// Verifies an image wherever its bytes are.
    ///
    /// - Throws: as `ImageVerifier`, and `securityCounterTooLow`.
    static func verify<Source: ByteSource & ~Copyable>(
        _ source: inout Source,
        trust: TrustRecord
    ) throws(ImageError) -> VerifiedImage {
        let image = try ImageVerifier<Cryptography>.verify(
            &source,
            anchors: trust.anchors,
            expectedProduct: trust.productID,
            pinned: trust.pinned
        )
        let counter = SecurityCounter.value(of: image)
        if let objection = SecurityCounter.objection(toBooting: counter, recorded: trust.securityCounter) {
            throw objection
        }
        return image
    }

    /// SHA-256 of the first `byteCount` bytes of a slot: with an image's `totalSizeBytes` the payload as it was
    /// released, of which the ETag is the start.
    ///
    /// - Throws: `outOfRange` if the slot is shorter, or what reading throws.
    public static func digest<Flash: NORFlash & ~Copyable>(
        of slot: Slot,
        byteCount: UInt32,
        flash: inout Flash,
        map: FlashMap
    ) throws(FlashError) -> SHA256Digest {
        var source = SlotSource(slot, of: map, taking: flash)
        let result: Result<SHA256Digest, FlashError>
        do throws(ImageError) {
            result = .success(try ImageVerifier<Cryptography>.digest(of: &source, byteCount: byteCount))
        } catch {
            switch error {
            case .source(.unreadable) where source.isPowerLost: result = .failure(.powerLost)
            case .source(.unreadable(let code)): result = .failure(.io(code))
            default: result = .failure(.outOfRange(address: map.area(of: slot).offset))
            }
        }
        flash = source.takeFlash()
        return try result.get()
    }
}
