import Bootloader
import FlashEmulator
import Foundation
import HostCryptography
import Testing

/// What a debugger, or a power cut, does to the flash of a device while nobody runs it.
struct FlashSurgery {
    let path: String
    let map: FlashMap

    init(_ path: String) throws {
        self.path = path
        map = try FlashFile.open(path: path, access: .readOnly).map
    }

    /// Programs a slot, byte for byte.
    func write(_ bytes: Data, to slot: Slot) throws {
        #expect(bytes.count <= Int(map.area(of: slot).sizeBytes))
        try overwrite(Array(bytes), at: Int(map.area(of: slot).offset))
    }

    /// Resets the device and cuts the power at an operation; the number of operations that a whole boot has.
    @discardableResult
    func boot(cutAt operation: UInt64?) throws -> UInt64 {
        let file = try FlashFile.open(path: path, access: .readOnly)
        guard var flash = MemoryFlash(geometry: map.geometry, contents: file.contents, wear: file.wear) else {
            throw ProgramError("\(path): contents do not fit")
        }
        if let operation { flash.cutPower(PowerCut(operation: operation, mode: .after)) }
        _ = try? Bootloader<HostCryptography>.boot(flash: &flash, map: map)
        if operation != nil { try overwrite(flash.contents, at: 0) }
        return flash.counters.operations
    }

    private func overwrite(_ bytes: [UInt8], at offset: Int) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        // The file's header is a page of 4096 bytes.
        try handle.seek(toOffset: UInt64(4096 + offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }
}
