import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import Testing

/// Verification and swap go in steps: the flash driver is told before each, so that it can feed a watchdog.
@Suite(.timeLimit(.minutes(5))) struct WatchdogTests {
    /// A flash that counts what is done between two calls of `feedWatchdog`.
    private struct WatchedFlash: NORFlash {
        var memory: MemoryFlash
        private var bytes = 0
        private var erases = 0
        private(set) var mostBytes = 0
        private(set) var mostErases = 0

        init(_ memory: MemoryFlash) {
            self.memory = memory
        }

        var geometry: FlashGeometry { memory.geometry }

        mutating func feedWatchdog() {
            (bytes, erases) = (0, 0)
        }

        mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
            try memory.read(at: address, into: &buffer)
            bytes += buffer.byteCount
            mostBytes = max(mostBytes, bytes)
        }

        mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
            try memory.program(at: address, bytes)
        }

        mutating func erase(sectorAt address: UInt32) throws(FlashError) {
            try memory.erase(sectorAt: address)
            erases += 1
            mostErases = max(mostErases, erases)
        }
    }

    /// An update of 96 KiB and its revert.
    @Test func stepsAreShort() throws {
        let map = try FlashPart.nrf52840.map()
        var device = try Device(map)
        try device.install(TestImages.image(.v1, bodyBytes: 96 << 10), in: .primary)
        try device.download(TestImages.image(.v2, bodyBytes: 90 << 10))
        try device.control.markPending(.test, flash: &device.flash)
        var flash = WatchedFlash(device.flash)
        #expect(try StubBootloader.boot(flash: &flash, map: map).action == .swappedForTest)
        #expect(try StubBootloader.boot(flash: &flash, map: map).action == .reverted)
        // Beside the 1 KiB that is hashed: both trailers with their logs, several times, and the trust record.
        #expect(flash.mostBytes <= 24 << 10)
        #expect(flash.mostErases <= 2)
    }
}
