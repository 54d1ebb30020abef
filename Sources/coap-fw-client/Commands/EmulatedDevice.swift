import Bootloader
import FlashEmulator
import HostCryptography
import HostSupport

/// What a device does by itself, on a flash file.
struct EmulatedDevice {
    let path: String

    /// Resets the device: the bootloader runs.
    func boot() throws(Failure) -> BootReport {
        var flash = try open(.readWrite)
        do throws(BootError) {
            return try Bootloader<HostCryptography>.boot(flash: &flash, map: flash.map)
        } catch {
            throw Failure(error, path: path)
        }
    }

    /// Declares the running image to be good.
    func confirm() throws(Failure) -> ConfirmationReport {
        var flash = try open(.readWrite)
        do throws(ConfirmationError) {
            return try Confirmation<HostCryptography>.confirm(flash: &flash, map: flash.map)
        } catch {
            throw Failure(error, path: path)
        }
    }

    /// What is on it.
    func status() throws(Failure) -> DeviceStatus {
        var flash = try open(.readOnly)
        return try DeviceStatus(&flash, path: path)
    }

    func open(_ access: FlashFile.Access) throws(Failure) -> FlashFile {
        do { return try FlashFile.open(path: path, access: access) } catch { throw Failure(error) }
    }
}
