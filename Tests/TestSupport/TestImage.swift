import FirmwareImage
import FirmwarePackaging

/// Signed images for tests.
package enum TestImage {
    private static let key = SigningKey()

    /// A whole image.
    ///
    /// - Parameters:
    ///   - version: Its version's text.
    ///   - product: The product that it is for; `nil`: it names none.
    ///   - body: What runs on the device.
    /// - Returns: The image's bytes.
    /// - Throws: What `SignedImage` does.
    package static func make(_ version: String, product: UInt16? = nil, body: [UInt8]) throws -> [UInt8] {
        guard let parsed = ReleaseLayout.version(version.utf8) else { throw ImageError.notAnImage }
        return try SignedImage.make(
            binary: body,
            parameters: ImageParameters(version: parsed, productID: product, headerSizeBytes: 32),
            key: key
        )
    }

    /// Bytes that look like no file that `SignedImage` refuses, and differ by seed.
    package static func body(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var bytes = (0..<count).map { _ -> UInt8 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        if !bytes.isEmpty { bytes[0] = 0x20 }
        return bytes
    }
}

extension TemporaryFolder {
    /// Puts a release as somebody does who copies files: `{product}/{version}/firmware.bin`.
    ///
    /// - Returns: The payload.
    @discardableResult
    package func release(
        _ product: UInt16,
        _ version: String,
        bytes count: Int = 100,
        seed: UInt64 = 1,
        under root: String = ""
    ) throws -> [UInt8] {
        let image = try TestImage.make(version, product: product, body: TestImage.body(count, seed: seed))
        try write(image, to: "\(root)\(product)/\(version)/firmware.bin")
        return image
    }
}
