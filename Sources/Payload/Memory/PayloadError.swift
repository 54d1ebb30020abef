/// Why a payload was not decoded.
public enum PayloadError: Error, Equatable, Sendable {
    /// There is no payload: none was begun, or it did not begin well.
    case notStarted
    /// The caller's memory could not be read.
    case unreadable
    /// Shorter than a header, or the header does not end.
    case truncatedHeader
    /// A version of the format, or an option in it, that this decoder does not know.
    case unknownFormat(UInt8)
    /// Numbers in the header that no encoder writes.
    case badHeader
    /// Made for a source of another size.
    case wrongSource(expectedBytes: UInt32, foundBytes: UInt32)
    /// Decodes to more than the caller has room for.
    case tooLarge(outputBytes: UInt32, maximumBytes: UInt32)
    /// The stream ends before the output does.
    case truncated
    /// Bytes follow behind the end of the stream, or it ends otherwise than an encoder ends it.
    case trailingBytes
    /// Refers to a place that is outside of source and output, or to none at all.
    case badReference
}
