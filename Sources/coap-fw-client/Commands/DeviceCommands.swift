import ArgumentParser
import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import HostSupport

/// The options of the commands that work on a device without a network.
struct DeviceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("File with options, as update takes it.", valueName: "file"))
    var config: String?

    @Option(help: "The device's flash file.")
    var flash: String

    @Flag(help: "Print one JSON object on one line.")
    var json = false

    func validate() throws {
        guard !flash.isEmpty else { throw ValidationError("--flash: name a file") }
    }

    var device: EmulatedDevice { EmulatedDevice(path: flash) }

    func open(_ access: FlashFile.Access) throws(Failure) -> FlashFile { try device.open(access) }
}

struct RebootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reboot",
        abstract: "Resets the emulated device: the bootloader runs, and what it boots is printed."
    )

    @OptionGroup var options: DeviceOptions

    func run() throws {
        try Console.run(json: options.json) { () throws(Failure) in
            let report = try options.device.boot()
            if options.json {
                var object = JSONObject()
                object.set("result", "booted")
                object.set("version", report.image.version.text)
                object.set("pid", report.image.productID)
                object.set("action", report.action.name)
                object.set("trial", flag: report.isTrial)
                object.set("resumed_swap", flag: report.resumedSwap)
                object.set("refused", report.refusal?.text)
                object.set("error", nil as String?)
                Console.say(object.text)
            } else {
                if let refusal = report.refusal { Console.say("not swapped: \(refusal.text)") }
                Console.say("running \(report.image.version.text)\(report.action.text)")
                if report.isTrial {
                    Console.say(
                        "on trial: the next reboot goes back, unless: coap-fw-client confirm --flash \(options.flash)"
                    )
                }
            }
        }
    }
}

struct ConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Says that the running image is good: it stays."
    )

    @OptionGroup var options: DeviceOptions

    func run() throws {
        try Console.run(json: options.json) { () throws(Failure) in
            let report = try options.device.confirm()
            let version = report.image.version.text
            if options.json {
                var object = JSONObject()
                object.set("result", "confirmed")
                object.set("version", version)
                object.set("was_trial", flag: report.wasTrial)
                object.set("security_counter", report.securityCounter)
                object.set("error", nil as String?)
                Console.say(object.text)
            } else {
                Console.say("\(version) is confirmed\(report.wasTrial ? "" : "; it was before")")
            }
        }
    }
}

extension BootAction {
    var name: String {
        switch self {
        case .none: "none"
        case .swappedForTest: "swapped-for-test"
        case .swappedPermanently: "swapped-permanently"
        case .reverted: "reverted"
        case .recovered: "recovered"
        }
    }

    var text: String {
        switch self {
        case .none: ""
        case .swappedForTest: ", swapped in for a trial"
        case .swappedPermanently: ", swapped in for good"
        case .reverted: ", after going back from an image that was not confirmed"
        case .recovered: ", taken from the secondary slot as the primary held nothing to boot"
        }
    }
}

extension SwapRefusal {
    var text: String {
        switch self {
        case .secondaryInvalid(let error): "the image in the secondary slot may not be booted: \(error.clause)"
        case .downgrade(let from, let to): "\(to.text) is older than \(from.text)"
        case .damagedRequest: "the request was cut short; ask again with update"
        case .nothingToRevertTo(let error): "not confirmed, but there is nothing to go back to: \(error.clause)"
        }
    }
}

extension Failure {
    init(_ error: BootError, path: String) {
        switch error {
        case .trust(.flash(let error)):
            self.init(reading: error, path: path)
        case .trust(let error):
            self = .configuration("\(path): no bootable image: \(error.text); \(error.advice)")
        case .noBootableImage(let primary, let secondary):
            self.init(
                .refusedData,
                "\(path): no bootable image; primary: \(primary.clause); secondary: \(secondary.clause); "
                    + "update the device, or make a flash with coap-fw-tool flash create --image"
            )
        case .noProgress:
            self.init(.refusedData, "\(path): the boot goes in circles; make the flash anew")
        case .flash(let error):
            self.init(reading: error, path: path)
        }
    }

    init(_ error: ConfirmationError, path: String) {
        switch error {
        case .image(let error):
            self = .configuration(
                "\(path): there is no image to confirm in the primary slot: \(error.clause); update the device first"
            )
        case .swapUnderWay:
            self = .swapUnderWay(path)
        case .flash(let error):
            self.init(reading: error, path: path)
        case .trust(let error):
            self = .configuration("\(path): \(error.text); \(error.advice)")
        }
    }

    /// What follows from a flash that cannot be read or written.
    init(reading error: FlashError, path: String) {
        self.init(.interrupted, "\(path): \(error.text); \(error.advice) and try again")
    }
}
