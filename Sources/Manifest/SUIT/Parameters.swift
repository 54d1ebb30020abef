import Flash

/// The parameters of a component, as places in the envelope.
struct Parameters {
    var vendor = Slice()
    var classID = Slice()
    var imageDigest = Slice()
    var uri = Slice()
    var encryption = Slice()
    var information = Slice()
    var imageSizeBytes: UInt32?
    var slot: UInt32?

    /// Sets those of `suit-directive-override-parameters`.
    @inline(never)
    mutating func override(
        _ reader: inout CBORReader,
        _ bytes: RawSpan,
        componentCount: Int
    ) throws(ManifestError) {
        let count = try reader.map()
        guard count > 0 else { throw .unexpectedType }
        var previous: Int64 = -1
        for _ in 0..<count {
            let key = try reader.key(after: &previous)
            switch key {
            case SUITNumber.Parameter.vendorIdentifier: vendor = try reader.byteString(count: 16)
            case SUITNumber.Parameter.classIdentifier: classID = try reader.byteString(count: 16)
            case SUITNumber.Parameter.imageDigest: imageDigest = try reader.wrappedDigest(bytes)
            case SUITNumber.Parameter.componentSlot: slot = try reader.unsigned()
            case SUITNumber.Parameter.imageSize: imageSizeBytes = try reader.unsigned()
            case SUITNumber.Parameter.encryptionInfo: encryption = try reader.byteString()
            case SUITNumber.Parameter.uri: uri = try reader.text()
            case SUITNumber.Parameter.sourceComponent:
                guard try reader.unsigned() < UInt32(componentCount) else { throw .noSuchComponent }
            case SUITNumber.Parameter.invokeArguments: _ = try reader.byteString()
            case SUITNumber.Parameter.updateInformation: information = try reader.byteString()
            default: throw .unsupportedParameter(key)
            }
        }
    }
}
