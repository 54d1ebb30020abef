import Bootloader
import FirmwareImage
import Flash
import UpdateClient

/// A device with a RAM flash: boots, and updates itself from a server.
struct Device: ~Copyable {
    typealias Machine = UpdateMachine<RAMFlash, StandInCryptography>

    let map: FlashMap
    var flash: RAMFlash
    private(set) var statistics = UpdateStatistics()
    private var seed: UInt64 = 1

    init(map: FlashMap) {
        self.map = map
        flash = RAMFlash(geometry: map.geometry)
    }

    static func configuration(_ map: FlashMap) -> UpdateConfiguration {
        var configuration = UpdateConfiguration(productID: TestImage.productID, map: map)
        // Enough for the largest image in this slot, in blocks of 1024 bytes.
        configuration.transfer.maximumBlocks = map.maximumImageSizeBytes / 1024 + 1
        return configuration
    }

    mutating func provision(key: UInt8) {
        let record = TrustRecord(productID: TestImage.productID, anchors: TrustAnchors(TestImage.anchor(key)))
        must("provision") { () throws(TrustError) in
            try TrustStore(map: map).write(record, flash: &flash)
        }
    }

    /// Writes an image as a factory does.
    mutating func install(_ image: [UInt8]) {
        var padded = image
        while padded.count % Int(map.geometry.writeAlignmentBytes) != 0 {
            padded.append(map.geometry.erasedValue)
        }
        must("install the factory image") { () throws(FlashError) in
            try flash.program(at: map.primary.offset, padded.span.bytes)
        }
    }

    /// Boots, without a heap; nil: nothing to run.
    mutating func boot() -> BootReport? {
        do throws(BootError) {
            return try Bootloader<StandInCryptography>.measuredBoot(flash: &flash, map: map)
        } catch {
            return nil
        }
    }

    mutating func confirm() -> ConfirmationReport {
        must("confirm") { () throws(ConfirmationError) in
            try Confirmation<StandInCryptography>.measuredConfirm(flash: &flash, map: map)
        }
    }

    /// Applies a rotation of the keys; nil: refused.
    mutating func rotate(_ rotation: [UInt8]) -> TrustRecord? {
        do throws(RotationError) {
            return try TrustRotator<StandInCryptography>.measuredApply(rotation.span.bytes, flash: &flash, map: map)
        } catch {
            return nil
        }
    }

    /// Runs the client to its end, without a heap once it is made.
    mutating func update(from payload: [UInt8]) -> UpdateOutcome {
        seed += 1
        var server = MiniatureServer(payload: payload)
        var link = Link()
        var machine = Machine(configuration: Self.configuration(map), randomSeed: seed)
        var now: Duration = .zero
        machine.measuredStart(flash: &flash, now: now)
        for _ in 0..<100_000 {
            switch machine.measuredNextAction(now: now) {
            case .openChannel:
                machine.measuredChannelUp(now: now)
            case .closeChannel:
                break
            case .transmit:
                link.send(server.respond(to: machine.outgoing), now: now)
            case .wait(let until):
                if let arrival = link.nextArrival, arrival <= until ?? arrival {
                    now = arrival
                    let answer = link.receive()
                    machine.measuredReceive(answer.span.bytes, flash: &flash, now: now)
                } else if let until {
                    now = max(now, until)
                    machine.measuredTimerFired(flash: &flash, now: now)
                } else {
                    fail("an update waits for nothing")
                }
            case .finished(let outcome):
                statistics = machine.statistics
                return outcome
            }
        }
        fail("an update ends")
    }
}
