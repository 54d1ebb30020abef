import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Signs a binary and publishes it: IMAGES/PID/VERSION/firmware.bin, whole or not at all."
    )

    @Option(help: "The product, 0…65535.")
    var pid: UInt16

    @Option(help: "The version: major.minor.revision, 0…255, 0…255 and 0…65535, optionally with +build.")
    var version: VersionArgument

    @Option(help: "The plain binary, linked to run behind the header.")
    var binary: String

    @Option(help: "The private key (PEM) that signs.")
    var key: String

    @Option(help: "The images folder.")
    var images: String

    @Option(
        help: """
            Bytes before the binary. 0x200 is usual for Cortex-M: the vector table behind the header must be aligned, \
            and the binary be linked for this offset.
            """
    )
    var headerSize = NumberArgument(UInt32(ImageParameters.defaultHeaderSizeBytes))

    @Option(help: "MCUboot's security counter (SEC_CNT), if the product uses it.")
    var securityCounter: UInt32?

    @Flag(help: "Also publish when a higher version is published already.")
    var forceOlder = false

    @Flag(
        help: """
            Also publish what devices or servers that are as usual do not take: another key than before, a lower \
            security counter, more than 64 MiB, a header size that is no multiple of 32.
            """
    )
    var force = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            guard let headerSizeBytes = UInt16(exactly: headerSize.value), headerSizeBytes >= 32 else {
                throw Failure(.usage, "--header-size takes 32…65535")
            }
            let publisher = ReleasePublisher(root: images)
            do throws(PublishError) {
                // Before the work, and once more at its end.
                try publisher.check(productID: pid, version: version.version, allowsOlder: forceOlder)
            } catch {
                throw Failure(error)
            }
            let payload = try signed(headerSizeBytes: headerSizeBytes)
            let doubts = ReleaseDoubts(payload, productID: pid, root: images).lines
            if !force, !doubts.isEmpty {
                throw Failure(.refusedData, doubts.joined(separator: "; ") + "; or give --force")
            }
            for doubt in doubts { Console.note(doubt) }
            let isNew = (try? FileIdentity.of(images)) == nil
            let path: String
            do throws(PublishError) {
                path = try publisher.publish(
                    payload,
                    productID: pid,
                    version: version.version,
                    allowsOlder: forceOlder
                )
            } catch {
                throw Failure(error)
            }
            if isNew { Console.note("\(images) was not there and was made") }
            try show(payload, path)
        }
    }

    private func signed(headerSizeBytes: UInt16) throws(Failure) -> [UInt8] {
        let signingKey: SigningKey
        do {
            signingKey = try KeyFile.signingKey(key)
        } catch {
            throw Failure(error)
        }
        if KeyFile.isReadableByOthers(key) { Console.note("\(key) can be read by others; run: chmod 600 \(key)") }
        let body = try InputFile.read(binary)
        let parameters = ImageParameters(
            version: version.version,
            productID: pid,
            headerSizeBytes: headerSizeBytes,
            securityCounter: securityCounter
        )
        do {
            return try SignedImage.make(binary: body, parameters: parameters, key: signingKey)
        } catch {
            if case .binary = error { throw Failure(.refusedData, "\(binary) \(error)") }
            throw Failure(.refusedData, "\(binary): \(error)")
        }
    }

    private func show(_ payload: [UInt8], _ path: String) throws(Failure) {
        guard let description = PayloadDescription(of: payload) else {
            throw Failure(.refusedData, "\(path) is empty")
        }
        let text = ReleaseLayout.text(version.version)
        if json {
            Console.say(
                JSONValue.object([
                    ("result", .string("released")), ("pid", .number(Int(pid))), ("version", .string(text)),
                    ("path", .string(path)), ("size", .number(payload.count)),
                    ("sha256", .string(ImageText.hex(description.digest))),
                    ("etag", .string(ImageText.etag(description.digest))),
                ]).text
            )
        } else {
            Console.say("released: product \(pid), version \(text)")
            Console.say("path:     \(path)")
            Console.say("size:     \(payload.count) bytes")
            Console.say("SHA-256:  \(ImageText.hex(description.digest))")
            Console.say("ETag:     \(ImageText.etag(description.digest))")
        }
    }
}

extension Failure {
    init(_ error: PublishError) {
        switch error {
        case .alreadyPublished: self.init(.cannotCreate, "\(error)")
        case .notNewest, .notPublished, .notWithdrawn: self.init(.refusedData, "\(error)")
        case .file(let failure): self.init(failure)
        }
    }
}
