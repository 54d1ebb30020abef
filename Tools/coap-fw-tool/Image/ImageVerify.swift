import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostCryptography
import HostSupport

struct ImageVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verifies an image as a device does before it installs it: structure, digest, signature, product."
    )

    @Argument(help: "The image.")
    var image: String

    @Option(help: "A public key (PEM); may be given up to four times: one of them must have signed the image.")
    var key: [String]

    @Option(help: "The product that it must be for; any unless given.")
    var pid: UInt16?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...TrustAnchors.capacity).contains(key.count) else {
            throw ValidationError("--key may be given 1…\(TrustAnchors.capacity) times")
        }
    }

    func run() throws {
        try Console.run(json: json) {
            var anchors: [TrustAnchor] = []
            for path in key { anchors.append(try TrustedKey.read(path)) }
            let file = try InputFile.read(image)
            let verified: VerifiedImage
            do throws(ImageError) {
                verified = try ImageCheck.verify(file, anchors: anchors, product: pid)
            } catch {
                throw Failure(image: image, error)
            }
            show(verified)
        }
    }

    private func show(_ verified: VerifiedImage) {
        let version = ReleaseLayout.text(verified.version)
        if json {
            Console.say(
                JSONValue.object([
                    ("result", .string("verified")),
                    ("version", .string(version)),
                    ("pid", verified.productID.map { .number(Int($0)) } ?? .null),
                    ("size", .number(Int(verified.totalSizeBytes))),
                    ("digest", .string(ImageText.hex(verified.digest))),
                    ("security_counter", verified.securityCounter.map { .number(Int($0)) } ?? .null),
                    ("key_hash", verified.keyHash.map { .string(ImageText.hex($0)) } ?? .null),
                ]).text
            )
        } else {
            let product = verified.productID.map { "product \($0)" } ?? "no product"
            Console.say("\(image): verified, version \(version), \(product), \(verified.totalSizeBytes) bytes")
        }
    }
}

/// Public keys given on the command line.
enum TrustedKey {
    static func read(_ path: String) throws(Failure) -> TrustAnchor {
        let key: VerificationKey
        do {
            key = try KeyFile.verificationKey(path)
        } catch {
            throw Failure(error)
        }
        do {
            return try key.trustAnchor()
        } catch {
            throw Failure(.refusedData, "\(path) \(error)")
        }
    }
}

/// Verification of a whole file in memory.
enum ImageCheck {
    static func verify(_ file: [UInt8], anchors: [TrustAnchor], product: UInt16?) throws(ImageError) -> VerifiedImage {
        var accepted = TrustAnchors()
        for anchor in anchors { _ = accepted.append(anchor) }
        var source = MemorySource(file)
        return try ImageVerifier<HostCryptography>.verify(&source, anchors: accepted, expectedProduct: product)
    }
}
