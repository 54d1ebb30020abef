import FirmwareImage
import Flash

/// The boot: finishes or starts what the trailers ask for, and names a verified image to run.
///
/// MCUboot's behaviour for two slots (`docs/design.md`, "High-level operation"; `loader.c`), with these rules on top:
/// - Every image is verified, digest and signature, in the slot it is about to leave and in the one it is to run from.
/// - A request for an invalid or older image is erased and the running image stays. Going *back* is always allowed, and
///   so is an older image when the primary slot holds none that may be booted.
/// - When the primary slot holds nothing bootable, any image in the secondary slot that verifies is swapped in for
///   good: a device that was left without its newest image boots the one before rather than nothing.
/// - No image below the device's security counter is booted, nor swapped in; see `SecurityCounter`. The counter follows
///   the confirmed image, so the image before a trial is never below it.
/// - A recorded swap is gone on with only if the images it is about are there; nonsense in a trailer moves nothing.
///
/// Memory: no heap. Stack: 7 744 bytes on a Cortex-M4 at most, without the flash driver's and the cryptographic
/// library's own (`Tools/embedded`, from the machine code; `-Osize`).
public enum Bootloader<Cryptography: DeviceCryptography> {
    /// Boots. Can be cut short at any operation and called again.
    ///
    /// - Throws: `noBootableImage` with what was found; `trust` if the device was not provisioned; `flash` if the
    ///   power or the flash failed.
    @inline(never)
    public static func boot<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(BootError) -> BootReport {
        var run = BootRun<Cryptography>(map: map)
        return try run.boot(flash: &flash)
    }
}
