import FirmwareImage
import Flash

/// The bytes of a slot in which an image may be, as a source to verify. Owns the flash while it exists, because a
/// reference to it cannot be kept: make one, verify, and take the flash back.
struct SlotSource<Flash: NORFlash & ~Copyable>: ByteSource, ~Copyable {
    private var flash: Flash
    private let offset: UInt32
    let byteCount: UInt32
    private(set) var isPowerLost = false

    init(_ slot: Slot, of map: FlashMap, taking flash: consuming Flash) {
        self.flash = flash
        offset = map.area(of: slot).offset
        byteCount = map.maximumImageSizeBytes
    }

    mutating func read(at offset: UInt32, into buffer: inout MutableRawSpan) throws(ByteSourceError) {
        guard offset <= byteCount, buffer.byteCount <= Int(byteCount - offset) else { throw .outOfRange }
        do throws(FlashError) {
            try flash.read(at: self.offset + offset, into: &buffer)
        } catch {
            switch error {
            case .powerLost:
                isPowerLost = true
                throw .unreadable(0)
            case .io(let code): throw .unreadable(code)
            case .outOfRange, .misaligned, .notErased: throw .outOfRange
            }
        }
    }

    mutating func feedWatchdog() {
        flash.feedWatchdog()
    }

    consuming func takeFlash() -> Flash {
        flash
    }
}
