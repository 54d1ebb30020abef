import Bootloader
import CoAP
import FirmwareImage
import UpdateClient

/// Prints what RAM things take on the target that this was built for.
enum Sizes {
    static func report(_ map: FlashMap) {
        let configuration = Device.configuration(map)
        let maximumBlocks = Int(configuration.transfer.maximumBlocks)
        print("RAM, bytes:")
        line("UpdateMachine, itself (with BlockTransfer, journal and slot state)", MemoryLayout<Device.Machine>.size)
        line("  of it BlockTransfer", MemoryLayout<BlockTransfer>.size)
        line("Bootloader: BootReport", MemoryLayout<BootReport>.size)
        line("Bootloader: FlashMap", MemoryLayout<FlashMap>.size)
        line("Bootloader: TrustRecord", MemoryLayout<TrustRecord>.size)
        line("FirmwareImage: VerifiedImage", MemoryLayout<VerifiedImage>.size)
        line("CoAP: MessageView", MemoryLayout<MessageView>.size)
        line("CoAP: MessageWriter", MemoryLayout<MessageWriter>.size)
        line("tables, allocated by UpdateMachine.init for so many blocks:", maximumBlocks)
        tables(configuration)
        var frugal = configuration
        frugal.transfer.maximumInFlight = 16
        line("the same with so many requests in flight:", frugal.transfer.maximumInFlight)
        tables(frugal)
    }

    private static func tables(_ configuration: UpdateConfiguration) {
        HeapMeter.reset()
        let transfer = HeapMeter.measure {
            BlockTransfer(configuration: configuration.transfer, randomSeed: 1)
        }
        line("  of it BlockTransfer: requests, two bits per block", HeapMeter.total.bytes)
        // The transfer must live until here, or its tables are not made at all.
        expect(transfer.progress.blocksReceived == 0, "a new transfer has no blocks")
        HeapMeter.reset()
        let machine = Device.Machine.measured(configuration, randomSeed: 1)
        line("  of it journal marks", machine.memory.journalBytes)
        line("  of it blocks and sectors of the slot", machine.memory.slotBytes)
        line("  all of it", HeapMeter.total.bytes)
        // Also the proof that the meter counts, for the expectation at the end that it counted nothing.
        expect(HeapMeter.total.calls > 0, "a new machine allocates its tables")
        HeapMeter.reset()
    }

    static func line(_ what: StaticString, _ value: Int) {
        print("  ", terminator: "")
        print(what, terminator: " ")
        print(value)
    }
}
