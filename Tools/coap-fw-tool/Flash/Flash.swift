import ArgumentParser
import Bootloader
import FirmwareImage
import FirmwarePackaging
import FlashEmulator
import HostSupport

/// The commands for emulated devices.
struct Flash: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flash",
        abstract: "Makes, reads and draws the flash of an emulated device.",
        subcommands: [FlashCreate.self, FlashRead.self, FlashDump.self]
    )
}

struct FlashCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a flash as it leaves the factory: trusted keys, product and, if given, the first image."
    )

    @Option(help: "The flash file to make. Never overwritten.")
    var flash: String

    @Option(help: "A public key (PEM) whose images the device takes; may be given up to four times.")
    var trust: [String] = []

    @Option(help: "The product that the device is; that of the image unless given.")
    var pid: UInt16?

    @Option(help: "The signed image to put into the primary slot.")
    var image: String?

    @OptionGroup(title: "Geometry options") var geometry: GeometryOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard !trust.isEmpty else { throw ValidationError("--trust KEY.pub is missing: a device must trust some key") }
        guard trust.count <= TrustAnchors.capacity else {
            throw ValidationError("--trust may be given \(TrustAnchors.capacity) times at most")
        }
    }

    func run() throws {
        try Console.run(json: json) {
            let map = try geometry.map()
            var anchors = TrustAnchors()
            for path in trust { _ = anchors.append(try TrustedKey.read(path)) }
            let factory = try image.map { try FactoryImage($0, anchors: anchors, product: pid, map: map) }
            let product = pid ?? factory?.verified.productID
            let writer = FlashWriter(path: flash, map: map)
            // The factory's image is where the device begins, however high its counter is.
            let counter = factory?.verified.securityCounter ?? 0
            let record = TrustRecord(productID: product, anchors: anchors, securityCounter: counter)
            try writer.write(record, factory)
            show(map, factory, product)
        }
    }

    private func show(_ map: FlashMap, _ factory: FactoryImage?, _ product: UInt16?) {
        if json {
            var object = JSONObject()
            object.set("result", "created")
            object.set("flash", flash)
            object.set("size", map.geometry.totalBytes)
            object.set("sectors", map.geometry.sectorCount)
            object.set("maximum_image_size", map.maximumImageSizeBytes)
            object.set("pid", product)
            object.set("keys", trust.count)
            object.set("version", factory.map { ReleaseLayout.text($0.verified.version) })
            return Console.say(object.text)
        }
        Console.say("flash:    \(flash), \(map.geometry.totalBytes) bytes in \(map.geometry.sectorCount) sectors")
        Console.say("slots:    2 of \(map.primary.sizeBytes) bytes, images up to \(map.maximumImageSizeBytes) bytes")
        Console.say("product:  \(product.map { "\($0)" } ?? "any")")
        Console.say("keys:     \(trust.count)")
        if let factory {
            Console.say("image:    version \(ReleaseLayout.text(factory.verified.version)), confirmed")
        } else {
            Console.say("image:    none")
        }
    }
}

/// An image that was verified and fits.
struct FactoryImage {
    let bytes: [UInt8]
    let verified: VerifiedImage

    init(_ path: String, anchors: TrustAnchors, product: UInt16?, map: FlashMap) throws(Failure) {
        let file = try InputFile.read(path)
        let keys = (0..<anchors.count).compactMap { anchors[$0] }
        do {
            verified = try ImageCheck.verify(file, anchors: keys, product: product)
        } catch {
            throw Failure(image: path, error)
        }
        guard verified.totalSizeBytes <= map.maximumImageSizeBytes else {
            throw Failure(
                .refusedData,
                "\(path) has \(verified.totalSizeBytes) bytes, a slot of this flash takes "
                    + "\(map.maximumImageSizeBytes); choose a larger geometry (--part, or --sectors and --sector-size)"
            )
        }
        bytes = Array(file.prefix(Int(verified.totalSizeBytes)))
    }
}
