import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

struct ImageInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Shows what an image says of itself. Nothing of it is verified but the digest."
    )

    @Argument(help: "The image.")
    var image: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let file = try InputFile.read(image)
            let inspection: ImageInspection
            do throws(ImageError) {
                inspection = try ImageInspection(file)
            } catch {
                throw Failure(image: image, error)
            }
            if json {
                Console.say(object(inspection).text)
            } else {
                for line in lines(inspection) { Console.say(line) }
            }
        }
    }

    private func lines(_ image: ImageInspection) -> [String] {
        let header = image.header
        let digestState = image.isDigestRight.map { $0 ? "right" : "WRONG" } ?? "not stated"
        return [
            "version:    \(ReleaseLayout.text(header.version))",
            "product:    \(image.productID.map { "\($0)" } ?? "none")",
            "counter:    \(image.securityCounter.map { "\($0)" } ?? "none") (security counter)",
            "size:       \(image.imageSizeBytes) bytes"
                + (image.trailingBytes > 0 ? ", and \(image.trailingBytes) bytes behind it" : ""),
            "header:     \(header.headerSizeBytes) bytes, flags 0x\(String(header.flags.rawValue, radix: 16)), "
                + "load address 0x\(String(header.loadAddress, radix: 16))",
            "body:       \(header.bodySizeBytes) bytes",
            "digest:     \(ImageText.hex(image.digest)) (\(digestState))",
            "key hash:   \(image.keyHash.map { Hex.encode($0) } ?? "none")",
            "ETag:       \(ImageText.etag(image.payloadDigest))",
        ]
            + image.entries.map { entry in
                "TLV:        \(ImageText.name(entry.type)), \(entry.value.count) bytes"
                    + (entry.isProtected ? ", protected" : "")
            }
    }

    private func object(_ image: ImageInspection) -> JSONValue {
        .object([
            ("version", .string(ReleaseLayout.text(image.header.version))),
            ("pid", image.productID.map { .number(Int($0)) } ?? .null),
            ("security_counter", image.securityCounter.map { .number(Int($0)) } ?? .null),
            ("size", .number(image.imageSizeBytes)),
            ("trailing_bytes", .number(image.trailingBytes)),
            ("header_size", .number(Int(image.header.headerSizeBytes))),
            ("body_size", .number(Int(image.header.bodySizeBytes))),
            ("flags", .number(Int(image.header.flags.rawValue))),
            ("digest", .string(ImageText.hex(image.digest))),
            ("digest_right", image.isDigestRight.map { .bool($0) } ?? .null),
            ("key_hash", image.keyHash.map { .string(Hex.encode($0)) } ?? .null),
            ("payload_sha256", .string(ImageText.hex(image.payloadDigest))),
            ("etag", .string(ImageText.etag(image.payloadDigest))),
            (
                "tlvs",
                .array(
                    image.entries.map { entry in
                        .object([
                            ("type", .string(ImageText.name(entry.type))), ("protected", .bool(entry.isProtected)),
                            ("value", .string(Hex.encode(entry.value))),
                        ])
                    }
                )
            ),
        ])
    }
}
