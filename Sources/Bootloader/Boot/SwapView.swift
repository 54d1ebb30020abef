import FirmwareImage
import Flash

/// The image that a swap brings into the primary slot, or the one it takes out, wherever its sectors are at the moment.
///
/// Both are whole at every moment of a swap: an operation only ever overwrites what is elsewhere as well. So before a
/// recorded swap is gone on with, it can be checked that the record is about these images.
struct SwapView<Flash: NORFlash & ~Copyable>: ByteSource, ~Copyable {
    enum Image {
        case incoming
        case outgoing
    }

    private var flash: Flash
    private let image: Image
    private let steps: SwapSteps
    private let stepsDone: UInt32
    private let primaryOffset: UInt32
    private let secondaryOffset: UInt32
    private let sectorSizeBytes: UInt32
    private(set) var isPowerLost = false

    init(
        _ image: Image,
        after stepsDone: UInt32,
        of steps: SwapSteps,
        in map: FlashMap,
        taking flash: consuming Flash
    ) {
        self.flash = flash
        self.image = image
        self.steps = steps
        self.stepsDone = stepsDone
        primaryOffset = map.primary.offset
        secondaryOffset = map.secondary.offset
        sectorSizeBytes = map.slotSectorSizeBytes
    }

    var byteCount: UInt32 { steps.imageSectors * sectorSizeBytes }

    mutating func read(at offset: UInt32, into buffer: inout MutableRawSpan) throws(ByteSourceError) {
        guard offset <= byteCount, buffer.byteCount <= Int(byteCount - offset) else { throw .outOfRange }
        var done = 0
        while done < buffer.byteCount {
            let position = offset + UInt32(done)
            let inSector = position % sectorSizeBytes
            let count = min(buffer.byteCount - done, Int(sectorSizeBytes - inSector))
            var window = buffer.window(done..<done + count)
            do throws(FlashError) {
                try flash.read(at: address(ofSector: position / sectorSizeBytes) + inSector, into: &window)
            } catch {
                isPowerLost = error == .powerLost
                throw .unreadable(0)
            }
            done += count
        }
    }

    private func address(ofSector sector: UInt32) -> UInt32 {
        let place =
            switch image {
            case .incoming: steps.incoming(sector, after: stepsDone)
            case .outgoing: steps.outgoing(sector, after: stepsDone)
            }
        return (place.slot == .primary ? primaryOffset : secondaryOffset) + place.sector * sectorSizeBytes
    }

    mutating func feedWatchdog() {
        flash.feedWatchdog()
    }

    consuming func takeFlash() -> Flash {
        flash
    }
}
