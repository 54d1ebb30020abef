import Bootloader
import CoAP
import FirmwareImage
import Flash

/// Reads the slots as this module needs it.
struct SlotScan<Cryptography: DeviceCryptography> {
    let map: FlashMap
    let trust: TrustRecord

    /// The image in a slot if it verifies; nil: none that may run here.
    func image<Flash: NORFlash & ~Copyable>(
        in slot: Slot,
        flash: inout Flash
    ) throws(FlashError) -> InstalledImage? {
        let contents = try SlotVerifier<Cryptography>.contents(of: slot, flash: &flash, map: map, trust: trust)
        guard let image = contents.image else { return nil }
        let digest = try SlotVerifier<Cryptography>.digest(
            of: slot,
            byteCount: image.totalSizeBytes,
            flash: &flash,
            map: map
        )
        return InstalledImage(
            version: image.version,
            sizeBytes: image.totalSizeBytes,
            securityCounter: SecurityCounter.value(of: image),
            etag: ETag(digest.prefix64)
        )
    }

    /// Makes sure that the running image stays, where that is what was found.
    func settle<Flash: NORFlash & ~Copyable>(
        _ decision: BootDecision,
        flash: inout Flash
    ) throws(FlashError) {
        do throws(SlotError) {
            try SlotControl(map: map).settle(decision, flash: &flash)
        } catch {
            throw flashError(error)
        }
    }

    /// Makes sure of the request in the secondary slot, which somebody may have begun to erase.
    func renewRequest<Flash: NORFlash & ~Copyable>(
        _ type: SwapType,
        isErased: Bool,
        flash: inout Flash
    ) throws(FlashError) {
        do throws(SlotError) {
            try SlotControl(map: map).renewRequest(type, isErased: isErased, flash: &flash)
        } catch {
            throw flashError(error)
        }
    }

    private func flashError(_ error: SlotError) -> FlashError {
        switch error {
        case .flash(let error): error
        // Neither reading nor renewing what was read is refused.
        case .unconfirmed, .swapUnderWay, .noImage: .outOfRange(address: map.primary.offset)
        }
    }
}
