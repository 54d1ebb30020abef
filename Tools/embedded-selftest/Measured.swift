import Bootloader
import FirmwareImage
import Flash
import UpdateClient

// The device modules' entries as the self-test calls them: with the heap counted. Never inlined, so that what the
// optimiser puts into them has a symbol of the module that it is of, by which Tools/embedded adds up sizes.

extension UpdateMachine where Flash: ~Copyable {
    @inline(never)
    mutating func measuredStart(flash: inout Flash, now: Duration) {
        HeapMeter.measure { start(flash: &flash, now: now) }
    }

    @inline(never)
    mutating func measuredChannelUp(now: Duration) {
        HeapMeter.measure { channelUp(now: now) }
    }

    @inline(never)
    mutating func measuredReceive(_ datagram: RawSpan, flash: inout Flash, now: Duration) {
        HeapMeter.measure { receive(datagram, flash: &flash, now: now) }
    }

    @inline(never)
    mutating func measuredTimerFired(flash: inout Flash, now: Duration) {
        HeapMeter.measure { timerFired(flash: &flash, now: now) }
    }

    @inline(never)
    mutating func measuredNextAction(now: Duration) -> UpdateAction {
        HeapMeter.measure { nextAction(now: now) }
    }

    @inline(never)
    static func measured(_ configuration: UpdateConfiguration, randomSeed: UInt64) -> Self {
        HeapMeter.measure { Self(configuration: configuration, randomSeed: randomSeed) }
    }
}

extension Bootloader {
    @inline(never)
    static func measuredBoot<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(BootError) -> BootReport {
        try HeapMeter.measure { () throws(BootError) in try boot(flash: &flash, map: map) }
    }
}

extension TrustRotator {
    @inline(never)
    static func measuredApply<Flash: NORFlash & ~Copyable>(
        _ bytes: RawSpan,
        flash: inout Flash,
        map: FlashMap
    ) throws(RotationError) -> TrustRecord {
        try HeapMeter.measure { () throws(RotationError) in try apply(bytes, flash: &flash, map: map) }
    }
}

extension Confirmation {
    @inline(never)
    static func measuredConfirm<Flash: NORFlash & ~Copyable>(
        flash: inout Flash,
        map: FlashMap
    ) throws(ConfirmationError) -> ConfirmationReport {
        try HeapMeter.measure { () throws(ConfirmationError) in try confirm(flash: &flash, map: map) }
    }
}
