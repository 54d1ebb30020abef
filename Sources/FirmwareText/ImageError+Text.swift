import FirmwareImage

extension ImageError {
    /// What is wrong with an image, in words for a person, to stand after its name or after "it".
    package var text: String {
        switch self {
        case .source(let source): "cannot be read: \(source)"
        case .notAnImage: "is no signed image (no MCUboot header)"
        case .truncated: "is truncated: it says that it is longer than it is"
        case .headerSize(let size): "has a header of \(size) bytes; 32 is the least"
        case .unsupportedFlags(let flags): "has flags 0x\(String(flags, radix: 16)) that are not supported"
        case .malformedTLVArea: "has a malformed TLV area, as if it were cut off"
        case .malformedTLV(let type): "has a malformed TLV of type 0x\(String(type, radix: 16))"
        case .duplicateTLV(let type): "has two TLVs of type 0x\(String(type, radix: 16))"
        case .tooManyTLVs: "has too many TLVs"
        case .unprotectedTLV(let type): "has a TLV of type 0x\(String(type, radix: 16)) that nothing protects"
        case .missingDigest: "has no digest"
        case .digestMismatch: "is damaged: its digest is not that of its bytes"
        case .unknownKey: "is not signed by a trusted key"
        case .badSignature: "names a trusted key, but the signature is not by it"
        case .missingProduct(let expected): "names no product; product \(expected) is expected"
        case .wrongProduct(let found, let expected): "is for product \(found), not \(expected)"
        case .securityCounterTooLow(let found, let minimum): "has security counter \(found), below \(minimum)"
        case .securityCounterTooHigh(let found, let maximum): "has security counter \(found), above \(maximum)"
        }
    }
}
