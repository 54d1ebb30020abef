/// An ``ImageError`` as the numbers that records in flash and reports keep.
public struct ImageErrorRecord: Equatable, Sendable {
    /// Which error. The numbers never change.
    public enum Code: UInt8, Sendable, CaseIterable {
        case notAnImage = 1
        case truncated = 2
        case headerSize = 3
        case unsupportedFlags = 4
        case malformedTLVArea = 5
        case malformedTLV = 6
        case duplicateTLV = 7
        case tooManyTLVs = 8
        case unprotectedTLV = 9
        case missingDigest = 10
        case digestMismatch = 11
        case unknownKey = 12
        case badSignature = 13
        case missingProduct = 14
        case wrongProduct = 15
        case securityCounterTooLow = 16
        case securityCounterTooHigh = 17
    }

    /// Which error.
    public var code: Code
    /// The number that the error has about the image, or 0: header size, flags, TLV type, product, security counter.
    public var found: UInt32
    /// What the image was held against, or 0: product, the counter's bound.
    public var expected: UInt32

    /// See the properties.
    public init(code: Code, found: UInt32 = 0, expected: UInt32 = 0) {
        self.code = code
        self.found = found
        self.expected = expected
    }

    /// Nil for a source that could not be read, which says nothing of the image.
    public init?(_ error: ImageError) {
        switch error {
        case .source: return nil
        case .notAnImage: self.init(code: .notAnImage)
        case .truncated: self.init(code: .truncated)
        case .headerSize(let size): self.init(code: .headerSize, found: UInt32(size))
        case .unsupportedFlags(let flags): self.init(code: .unsupportedFlags, found: flags)
        case .malformedTLVArea: self.init(code: .malformedTLVArea)
        case .malformedTLV(let type): self.init(code: .malformedTLV, found: UInt32(type))
        case .duplicateTLV(let type): self.init(code: .duplicateTLV, found: UInt32(type))
        case .tooManyTLVs: self.init(code: .tooManyTLVs)
        case .unprotectedTLV(let type): self.init(code: .unprotectedTLV, found: UInt32(type))
        case .missingDigest: self.init(code: .missingDigest)
        case .digestMismatch: self.init(code: .digestMismatch)
        case .unknownKey: self.init(code: .unknownKey)
        case .badSignature: self.init(code: .badSignature)
        case .missingProduct(let expected): self.init(code: .missingProduct, expected: UInt32(expected))
        case .wrongProduct(let found, let expected):
            self.init(code: .wrongProduct, found: UInt32(found), expected: UInt32(expected))
        case .securityCounterTooLow(let found, let minimum):
            self.init(code: .securityCounterTooLow, found: found, expected: minimum)
        case .securityCounterTooHigh(let found, let maximum):
            self.init(code: .securityCounterTooHigh, found: found, expected: maximum)
        }
    }

    /// The error as it was.
    public var error: ImageError {
        let narrow = UInt16(truncatingIfNeeded: found)
        switch code {
        case .notAnImage: return .notAnImage
        case .truncated: return .truncated
        case .headerSize: return .headerSize(narrow)
        case .unsupportedFlags: return .unsupportedFlags(found)
        case .malformedTLVArea: return .malformedTLVArea
        case .malformedTLV: return .malformedTLV(type: narrow)
        case .duplicateTLV: return .duplicateTLV(type: narrow)
        case .tooManyTLVs: return .tooManyTLVs
        case .unprotectedTLV: return .unprotectedTLV(type: narrow)
        case .missingDigest: return .missingDigest
        case .digestMismatch: return .digestMismatch
        case .unknownKey: return .unknownKey
        case .badSignature: return .badSignature
        case .missingProduct: return .missingProduct(expected: UInt16(truncatingIfNeeded: expected))
        case .wrongProduct: return .wrongProduct(found: narrow, expected: UInt16(truncatingIfNeeded: expected))
        case .securityCounterTooLow: return .securityCounterTooLow(found: found, minimum: expected)
        case .securityCounterTooHigh: return .securityCounterTooHigh(found: found, maximum: expected)
        }
    }
}
