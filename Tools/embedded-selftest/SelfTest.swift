import Bootloader
import FirmwareImage
import Flash
import UpdateClient

/// The life of a device in Embedded mode: all device modules, instantiated and run.
@main
enum SelfTest {
    private static let trustedKey: UInt8 = 5
    private static let otherKey: UInt8 = 6

    static func main() {
        let map = must("map of the part") { () throws(FlashMapError) in try FlashPart.nrf52840.map() }
        Sizes.report(map)
        var device = Device(map: map)
        expect(device.boot() == nil, "a device without a trust record boots nothing")
        device.provision(key: trustedKey)
        device.install(TestImage.signed(1, key: trustedKey))
        expect(boots(&device, 1, .none, isTrial: false), "the factory image boots")

        update(&device, to: 2)
        expect(boots(&device, 2, .swappedForTest, isTrial: true), "the new image boots on trial")
        expect(device.confirm().securityCounter == 1, "a confirmation advances the security counter")
        expect(boots(&device, 2, .none, isTrial: false), "the confirmed image stays")
        let current = TestImage.signed(2, key: trustedKey)
        expect(device.update(from: current) == .upToDate(summary(2, current)), "what runs is not downloaded again")

        update(&device, to: 3)
        expect(boots(&device, 3, .swappedForTest, isTrial: true), "the next image boots on trial")
        expect(boots(&device, 2, .reverted, isTrial: false), "without confirmation the one before comes back")
        let failed = device.update(from: TestImage.signed(3, key: trustedKey))
        expect(failed == .refused(.rolledBack(TestImage.version(3))), "what was rolled back is not tried again")

        refusals(&device)
        expect(boots(&device, 2, .none, isTrial: false), "refused images change nothing")
        update(&device, to: 4)
        expect(boots(&device, 4, .swappedForTest, isTrial: true), "and do not stand in the way of a good one")

        _ = device.confirm()

        rotations(&device)
        PayloadCheck.run()
        ManifestCheck.run()
        expect(
            HeapMeter.total.calls == 0,
            "no allocation in any boot, update or rotation, but for the machine's tables"
        )
        print("embedded self-test passed")
    }

    /// Downloads and commits version `major`.
    private static func update(_ device: inout Device, to major: UInt8) {
        let image = TestImage.signed(major, key: trustedKey)
        let outcome = device.update(from: image)
        expect(outcome == .committed(summary(major, image)), "an update is downloaded, verified and committed")
        let blocks = (image.count + 1023) / 1024
        expect(device.statistics.blocksTotal == UInt32(blocks), "in so many blocks as it has")
        expect(device.statistics.retransmissions > 0, "with losses on the way")
    }

    private static func rotations(_ device: inout Device) {
        let order = TestImage.rotation(to: otherKey, set: 1, key: trustedKey)
        expect(
            device.rotate(TestImage.rotation(to: otherKey, set: 1, key: otherKey)) == nil,
            "nobody else gives orders"
        )
        expect(device.rotate(order)?.anchorSetNumber == 1, "a key of the present set names the next one")
        expect(device.rotate(order) == nil, "once")
        expect(boots(&device, 4, .none, isTrial: false), "the image by the old key still boots")
        let old = device.update(from: TestImage.signed(5, key: trustedKey))
        expect(old == .refused(.image(.unknownKey)), "a new one by the old key is refused")
        let image = TestImage.signed(5, key: otherKey)
        expect(device.update(from: image) == .committed(summary(5, image)), "one by the new key is taken")
        expect(boots(&device, 5, .swappedForTest, isTrial: true), "and boots")
        expect(boots(&device, 4, .reverted, isTrial: false), "and the one before comes back without confirmation")
    }

    private static func refusals(_ device: inout Device) {
        let older = device.update(from: TestImage.signed(1, key: trustedKey))
        let downgrade = RefusalReason.downgrade(offered: TestImage.version(1), running: TestImage.version(2))
        expect(older == .refused(downgrade), "an older image is refused")
        let counter = device.update(from: TestImage.signed(4, key: trustedKey, counter: 0))
        let low = ImageError.securityCounterTooLow(found: 0, minimum: 1)
        expect(counter == .refused(.image(low)), "an image with a lower security counter is refused")
        let forged = device.update(from: TestImage.signed(4, key: otherKey))
        guard case .refused(.image) = forged else { fail("an image by an unknown key is refused") }
        expect(true, "an image by an unknown key is refused")
        let again = device.update(from: TestImage.signed(4, key: otherKey))
        guard case .refusedEarlier(.image) = again else { fail("and not downloaded again") }
        expect(device.statistics.blocksStored == 0, "and not downloaded again")
        var damaged = TestImage.signed(4, key: trustedKey)
        damaged[50_000] ^= 1
        expect(device.update(from: damaged) == .refused(.image(.digestMismatch)), "a damaged image is refused")
    }

    private static func boots(_ device: inout Device, _ major: UInt8, _ action: BootAction, isTrial: Bool) -> Bool {
        guard let report = device.boot() else { return false }
        return report.image.version == TestImage.version(major) && report.action == action
            && report.isTrial == isTrial && report.refusal == nil
    }

    private static func summary(_ major: UInt8, _ image: [UInt8]) -> ReleaseSummary {
        ReleaseSummary(version: TestImage.version(major), sizeBytes: UInt32(image.count))
    }
}
