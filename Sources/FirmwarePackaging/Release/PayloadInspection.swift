import CoAP
import FirmwareImage
import HostCryptography
import HostSupport

/// Why the bytes of a file are not a payload to serve.
package enum PayloadFault: Error, Equatable, Sendable {
    /// It is no image that a device could boot.
    case image(ImageError)
    /// An image without any signature.
    case unsigned
    /// It is shorter than it was a moment ago.
    case changed
    case file(FileFailure)
}

/// What can be said of a payload file without any key: that it is a whole, signed MCUboot image with the digest that it
/// says, what it is for, and the digest of all of it. Whether the signature is a trusted one only devices know.
///
/// Reads the file once, in pieces: memory does not depend on its size.
package struct PayloadInspection: Equatable, Sendable {
    package let payload: PayloadDescription
    package let image: ImageSummary

    private static let pieceBytes = 256 << 10

    /// - Parameters:
    ///   - file: The file. It may be written to meanwhile: the caller compares its identity before and after.
    ///   - sizeBytes: Its size; not 0.
    /// - Throws: ``PayloadFault``.
    package init(_ file: SharedFile, sizeBytes: UInt32) throws(PayloadFault) {
        var source = FileSource(file: file, byteCount: sizeBytes)
        let layout: ImageLayout
        do throws(ImageError) {
            layout = try ImageLayout(reading: &source)
            image = try ImageSummary(reading: &source)
            guard try PayloadInspection.isSigned(&source, layout) else { throw .unknownKey }
        } catch {
            if let failure = source.failure { throw .file(failure) }
            throw error == .unknownKey ? .unsigned : .image(error)
        }
        let digests = try PayloadInspection.digests(file, sizeBytes: sizeBytes, imageBytes: layout.hashedSizeBytes)
        guard digests.image == image.claimedDigest else { throw .image(.digestMismatch) }
        payload = PayloadDescription(sizeBytes: sizeBytes, digest: digests.payload)
    }

    private static func isSigned(_ source: inout FileSource, _ layout: ImageLayout) throws(ImageError) -> Bool {
        var cursor = TLVCursor(layout)
        while let entry = try cursor.next(&source) {
            switch entry.type {
            case .ed25519, .ecdsa, .rsa2048, .rsa3072: return true
            default: continue
            }
        }
        return false
    }

    /// SHA-256 of the first `imageBytes` bytes and of all of them.
    private static func digests(
        _ file: SharedFile,
        sizeBytes: UInt32,
        imageBytes: UInt32
    ) throws(PayloadFault) -> (image: SHA256Digest, payload: SHA256Digest) {
        var image = HostCryptography.SHA256()
        var payload = HostCryptography.SHA256()
        var piece = [UInt8](repeating: 0, count: min(pieceBytes, Int(sizeBytes)))
        var offset = 0
        while offset < Int(sizeBytes) {
            let wanted = min(piece.count, Int(sizeBytes) - offset)
            let count: Int
            do throws(FileFailure) {
                count = try file.read(at: offset, into: &piece, count: wanted)
            } catch {
                throw .file(error)
            }
            guard count == wanted else { throw .changed }
            let bytes = piece.span.bytes.extracting(first: count)
            payload.update(bytes)
            let inImage = min(count, max(0, Int(imageBytes) - offset))
            if inImage > 0 { image.update(bytes.extracting(first: inImage)) }
            offset += count
        }
        return (image.finalize(), payload.finalize())
    }
}

/// A file as the image reader takes bytes.
private struct FileSource: ByteSource {
    let file: SharedFile
    let byteCount: UInt32
    /// Why the last read failed, if the system did not let it.
    var failure: FileFailure?

    mutating func read(at offset: UInt32, into bytes: inout MutableRawSpan) throws(ByteSourceError) {
        let wanted = bytes.byteCount
        let end = UInt64(offset) + UInt64(wanted)
        guard end <= UInt64(byteCount) else { throw .outOfRange }
        do throws(FileFailure) {
            let count = try file.read(at: Int(offset), into: &bytes)
            if count == wanted { return }
        } catch {
            failure = error
        }
        throw .unreadable(failure?.code ?? 0)
    }
}
