import Bootloader
import Flash
import FlashEmulator
import HostSupport

/// Makes a flash file and fills it.
struct FlashWriter {
    let path: String
    let map: FlashMap

    /// - Throws: ``Failure``; the file is not there then, unless it was there before.
    func write(_ trust: TrustRecord, _ factory: FactoryImage?) throws(Failure) {
        var failure: Failure?
        do {
            _ = try FlashFile.create(path: path, map: map) { flash in
                var flash = flash
                do {
                    try TrustStore(map: map).write(trust, flash: &flash)
                    if let factory { try write(factory, flash: &flash) }
                } catch {
                    failure = Failure(filling: path, error)
                }
                return failure == nil
            }
        } catch {
            throw failure ?? Failure(error)
        }
    }

    /// Programs the image into the erased primary slot. Its trailer stays erased: to a bootloader that is an image that
    /// was always there, not one on trial, so it is never reverted.
    private func write(_ factory: FactoryImage, flash: inout FlashFile) throws(FlashError) {
        let unit = Int(map.geometry.writeAlignmentBytes)
        // Never across a sector's end: slots begin at one, and units divide sectors.
        let chunkBytes = min(Int(map.slotSectorSizeBytes), 4096) / unit * unit
        var offset = 0
        while offset < factory.bytes.count {
            let end = min(offset + chunkBytes, factory.bytes.count)
            var chunk = Array(factory.bytes[offset..<end])
            while !chunk.count.isMultiple(of: unit) { chunk.append(map.geometry.erasedValue) }
            try flash.program(at: map.primary.offset + UInt32(offset), chunk.span.bytes)
            offset = end
        }
    }
}

extension Failure {
    /// What kept a new flash from being filled.
    fileprivate init(filling path: String, _ error: any Error) {
        switch error {
        case TrustError.areaTooSmall:
            self.init(
                .usage,
                "\(path): its trust area is too small for so many keys; give fewer, or take larger sectors"
            )
        case TrustError.flash(.io(let code)), FlashError.io(let code):
            self.init(FileFailure(operation: "write", path: path, code: code))
        default:
            self.init(.inputOutput, "cannot fill \(path); choose other sectors, or another --part")
        }
    }

    init(_ error: FlashFileError) {
        switch error {
        case .missing: self.init(.noInput, "\(error)")
        case .exists, .notFilled, .noDirectory, .noSpace, .readOnly: self.init(.cannotCreate, "\(error)")
        case .notAFlashFile, .version, .damagedHeader, .wrongSize: self.init(.refusedData, "\(error)")
        case .tooManySectors: self.init(.usage, "\(error)")
        case .unreadable: self.init(.notPermitted, "\(error)")
        case .locked: self.init(.interrupted, "\(error)")
        case .system(_, _, let code, _): self.init(ExitStatus(errno: code), "\(error)")
        }
    }
}
