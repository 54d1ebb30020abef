import ArgumentParser
import Bootloader
import FirmwareImage
import FlashEmulator
import HostCryptography
import HostSupport

struct RotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Makes the device trust other keys, as an order says that a key signed which it trusts now.",
        discussion: """
            coap-fw-tool key rotate makes the order. Images that are in the slots stay bootable; new ones must be \
            signed by a new key.
            """
    )

    @OptionGroup var options: DeviceOptions

    @Option(help: "The order's file.")
    var rotation: String

    func run() throws {
        try Console.run(json: options.json) { () throws(Failure) in
            let bytes = try Self.read(rotation)
            var flash = try options.open(.readWrite)
            let record: TrustRecord
            do throws(RotationError) {
                record = try TrustRotator<HostCryptography>.apply(bytes.span.bytes, flash: &flash, map: flash.map)
            } catch {
                throw Failure(error, rotation: rotation, path: options.flash)
            }
            if options.json {
                var object = JSONObject()
                object.set("result", "rotated")
                object.set("key_set", record.anchorSetNumber)
                object.set("keys", record.anchors.count)
                object.set("pinned_images", record.pinned.count)
                object.set("error", nil as String?)
                Console.say(object.text)
            } else {
                Console.say(
                    "key set \(record.anchorSetNumber) is in force, with \(record.anchors.count) "
                        + "key\(record.anchors.count == 1 ? "" : "s"); images kept by digest: \(record.pinned.count)"
                )
            }
        }
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        let contents: (bytes: [UInt8], identity: FileIdentity)?
        do {
            contents = try AtomicFile.read(path, limit: TrustRotation.maximumByteCount)
        } catch {
            throw .configuration("\(path): \(error.reason); name the file that coap-fw-tool key rotate made")
        }
        guard let contents else { throw Failure(RotationError.notARotation, rotation: path, path: path) }
        return contents.bytes
    }
}

extension Failure {
    init(_ error: RotationError, rotation: String, path: String) {
        func refused(_ text: String) -> Failure { Failure(.refusedData, "\(rotation): refused: \(text)") }
        switch error {
        case .truncated:
            self = refused("it is truncated; copy it again")
        case .notARotation:
            self = refused("it is no rotation of keys; make one with coap-fw-tool key rotate")
        case .version(let version):
            self = refused("its format is version \(version), which this device does not know")
        case .malformed:
            self = refused("it is damaged; copy it again")
        case .wrongProduct(let found, let expected):
            self = refused("it is for product \(found), this device is \(expected)")
        case .replayed(let found, let inForce):
            self = refused("key set \(inForce) is in force already, and this is set \(found); nothing is to be done")
        case .skipped(let found, let inForce):
            self = refused("it is key set \(found) and set \(inForce) is in force; apply set \(inForce + 1) first")
        case .unknownSigner:
            self = refused("it is not signed by a key that this device trusts; sign it with one of those in force")
        case .badSignature:
            self = refused("its signature is wrong: it is damaged or forged")
        case .swapUnderWay:
            self = .swapUnderWay(path)
        case .trust(.flash(let error)):
            self.init(reading: error, path: path)
        case .trust(.areaTooSmall):
            self = .configuration("\(path): its trust area is too small for so many keys; rotate to fewer")
        case .trust(let error):
            self = .configuration("\(path): \(error.text); \(error.advice)")
        case .flash(let error):
            self.init(reading: error, path: path)
        }
    }

    /// Slots in the middle of a swap are for the bootloader only.
    static func swapUnderWay(_ path: String) -> Failure {
        Failure(
            .interrupted,
            "\(path): a swap was cut short, or an image is to be recovered; boot first: "
                + "coap-fw-client reboot --flash \(path)"
        )
    }
}
