public import FirmwareImage
import Flash

/// Applies rotations of the trusted keys.
///
/// The rule for what is on the device: *what runs stays, and a trial can go back*. The image in the primary slot, and
/// during a trial that in the secondary, if they verify now and no new key signed them, are pinned: their digests go
/// into the record together with the new keys, and they are accepted by digest from then on. Nothing else by an old key
/// is: neither an update that waits for the next boot, nor one that was rolled back.
/// An image leaves the record with the first rotation that does not find it in a slot any more.
public enum TrustRotator<Cryptography: DeviceCryptography> {
    /// Checks a rotation and applies it. Safe to cut short at any operation and to repeat: old keys or new ones, never
    /// a mix, and both sets boot what is there.
    ///
    /// - Parameters:
    ///   - bytes: a `TrustRotation`, signed.
    ///   - flash: the flash.
    ///   - map: where things are in it.
    /// - Returns: the record in force now.
    /// - Throws: `RotationError`.
    public static func apply<Flash: NORFlash & ~Copyable>(
        _ bytes: RawSpan,
        flash: inout Flash,
        map: FlashMap
    ) throws(RotationError) -> TrustRecord {
        let rotation = try TrustRotation(decoding: bytes)
        let store = TrustStore(map: map)
        let present: TrustRecord
        do throws(TrustError) {
            present = try store.settle(flash: &flash)
        } catch {
            throw RotationError(error)
        }
        try verify(rotation, bytes, present)
        var next = present
        next.anchors = rotation.anchors
        next.anchorSetNumber = rotation.anchorSetNumber
        next.pinned = try pins(rotation.anchors, present, flash: &flash, map: map)
        do throws(TrustError) {
            try store.write(next, flash: &flash)
        } catch {
            throw RotationError(error)
        }
        return next
    }

    private static func verify(
        _ rotation: TrustRotation,
        _ bytes: RawSpan,
        _ present: TrustRecord
    ) throws(RotationError) {
        if let found = rotation.productID, let expected = present.productID, found != expected {
            throw .wrongProduct(found: found, expected: expected)
        }
        let (found, inForce) = (rotation.anchorSetNumber, present.anchorSetNumber)
        guard found > inForce else { throw .replayed(found: found, inForce: inForce) }
        guard found - inForce == 1 else { throw .skipped(found: found, inForce: inForce) }
        guard let anchor = Cryptography.anchor(withHash: rotation.signer, in: present.anchors) else {
            throw .unknownSigner
        }
        var hash = Cryptography.SHA256()
        hash.update(bytes.extracting(first: rotation.signedByteCount))
        let signature = bytes.extracting(droppingFirst: rotation.signedByteCount)
        guard Cryptography.isValid(signature: signature, digest: hash.finalize(), anchor: anchor) else {
            throw .badSignature
        }
    }

    /// The images that would stop booting.
    private static func pins<Flash: NORFlash & ~Copyable>(
        _ anchors: TrustAnchors,
        _ present: TrustRecord,
        flash: inout Flash,
        map: FlashMap
    ) throws(RotationError) -> PinnedImages {
        var pinned = PinnedImages()
        let decision: BootDecision
        do throws(FlashError) {
            decision = try BootDecision(flash: &flash, map: map)
            for slot in 0..<(decision == .trial ? 2 : 1) {
                let contents = try SlotVerifier<Cryptography>.contents(
                    of: slot == 0 ? .primary : .secondary,
                    flash: &flash,
                    map: map,
                    trust: present
                )
                switch contents {
                case .image(let image):
                    let isSignedAnew = image.keyHash.flatMap { Cryptography.anchor(withHash: $0, in: anchors) } != nil
                    // There is room for one of each slot.
                    if !isSignedAnew { _ = pinned.insert(image.digest) }
                case .none(.source(.unreadable(let code))):
                    // It may be an image.
                    throw .io(code)
                case .none:
                    break
                }
            }
        } catch {
            throw .flash(error)
        }
        guard !decision.isSwapUnderWay else { throw .swapUnderWay }
        return pinned
    }
}
