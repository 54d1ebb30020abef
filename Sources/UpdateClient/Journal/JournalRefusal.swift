import Bootloader
import FirmwareImage

/// Why a download was refused, as three numbers in the journal's header (`JournalHeader`): so that the same image is
/// not downloaded again just to be refused again.
///
/// Kept is what follows from the image and the device. That a block could not be read, or that the image is older than
/// what runs, is not: the one is no judgement, the other is seen in block 0.
package struct JournalRefusal: Equatable {
    private enum Code: UInt8 {
        case notAnImage = 1
        case truncated
        case headerSize
        case unsupportedFlags
        case malformedTLVArea
        case malformedTLV
        case duplicateTLV
        case tooManyTLVs
        case unprotectedTLV
        case missingDigest
        case digestMismatch
        case unknownKey
        case badSignature
        case missingProduct
        case wrongProduct
        case securityCounterTooLow
        case securityCounterTooHigh
        case tooLarge
        case rolledBack
    }

    /// Which reason; never 0. One that is not known here comes from a later program, and refuses nothing.
    package let code: UInt8
    /// The number that the reason has about the image, or 0: TLV type, flags, product, security counter, size; of an
    /// image that was rolled back, the low half of its digest's first 8 bytes.
    package let found: UInt32
    /// What the image was held against: the counter's bound, the slot's size; for all else the number of the key set.
    /// Of an image that was rolled back, the high half.
    package let judgedBy: UInt32

    /// As read from a header; nil: nothing was refused.
    package init?(code: UInt8, found: UInt32, judgedBy: UInt32) {
        guard code > 0 else { return nil }
        self.code = code
        self.found = found
        self.judgedBy = judgedBy
    }

    /// Nil for reasons that are not kept.
    package init?(_ reason: RefusalReason, anchorSetNumber: UInt32) {
        let code: Code
        var found: UInt32 = 0
        var judgedBy = anchorSetNumber
        switch reason {
        case .wrongProduct(let offered, _): (code, found) = (.wrongProduct, UInt32(offered))
        case .tooLarge(let sizeBytes, let maximumBytes):
            (code, found, judgedBy) = (.tooLarge, sizeBytes ?? 0, maximumBytes)
        case .downgrade, .empty, .rolledBack: return nil
        case .image(let error):
            switch error {
            case .source: return nil
            case .notAnImage: code = .notAnImage
            case .truncated: code = .truncated
            case .headerSize(let size): (code, found) = (.headerSize, UInt32(size))
            case .unsupportedFlags(let flags): (code, found) = (.unsupportedFlags, flags)
            case .malformedTLVArea: code = .malformedTLVArea
            case .malformedTLV(let type): (code, found) = (.malformedTLV, UInt32(type))
            case .duplicateTLV(let type): (code, found) = (.duplicateTLV, UInt32(type))
            case .tooManyTLVs: code = .tooManyTLVs
            case .unprotectedTLV(let type): (code, found) = (.unprotectedTLV, UInt32(type))
            case .missingDigest: code = .missingDigest
            case .digestMismatch: code = .digestMismatch
            case .unknownKey: code = .unknownKey
            case .badSignature: code = .badSignature
            case .missingProduct: code = .missingProduct
            case .wrongProduct(let offered, _): (code, found) = (.wrongProduct, UInt32(offered))
            case .securityCounterTooLow(let counter, let minimum):
                (code, found, judgedBy) = (.securityCounterTooLow, counter, minimum)
            case .securityCounterTooHigh(let counter, let maximum):
                (code, found, judgedBy) = (.securityCounterTooHigh, counter, maximum)
            }
        }
        self.code = code.rawValue
        self.found = found
        self.judgedBy = judgedBy
    }

    /// That an image was rolled back.
    ///
    /// - Parameter tried: the first 8 bytes of its digest.
    init(rolledBack tried: UInt64) {
        code = Code.rolledBack.rawValue
        found = UInt32(truncatingIfNeeded: tried)
        judgedBy = UInt32(truncatingIfNeeded: tried >> 32)
    }

    /// The first 8 bytes of the digest of an image that was rolled back; nil: another reason.
    var tried: UInt64? {
        code == Code.rolledBack.rawValue ? UInt64(found) | UInt64(judgedBy) << 32 : nil
    }

    /// The reason as it was.
    ///
    /// - Parameter identity: what was refused.
    /// - Returns: nil: not known here.
    package func reason(for identity: JournalIdentity) -> RefusalReason? {
        let productID = identity.productID
        guard let code = Code(rawValue: code) else { return nil }
        let narrow = UInt16(truncatingIfNeeded: found)
        switch code {
        case .notAnImage: return .image(.notAnImage)
        case .truncated: return .image(.truncated)
        case .headerSize: return .image(.headerSize(narrow))
        case .unsupportedFlags: return .image(.unsupportedFlags(found))
        case .malformedTLVArea: return .image(.malformedTLVArea)
        case .malformedTLV: return .image(.malformedTLV(type: narrow))
        case .duplicateTLV: return .image(.duplicateTLV(type: narrow))
        case .tooManyTLVs: return .image(.tooManyTLVs)
        case .unprotectedTLV: return .image(.unprotectedTLV(type: narrow))
        case .missingDigest: return .image(.missingDigest)
        case .digestMismatch: return .image(.digestMismatch)
        case .unknownKey: return .image(.unknownKey)
        case .badSignature: return .image(.badSignature)
        case .missingProduct: return .image(.missingProduct(expected: productID))
        case .wrongProduct: return .wrongProduct(offered: narrow, provisioned: productID)
        case .securityCounterTooLow: return .image(.securityCounterTooLow(found: found, minimum: judgedBy))
        case .securityCounterTooHigh: return .image(.securityCounterTooHigh(found: found, maximum: judgedBy))
        case .tooLarge: return .tooLarge(sizeBytes: found > 0 ? found : nil, maximumBytes: judgedBy)
        case .rolledBack: return .rolledBack(identity.version)
        }
    }

    /// The reason as it is on the device of today; nil: it does not hold any more, and the image has to be judged anew.
    ///
    /// A counter is held against today's bounds. Everything else was found with a set of trusted keys, and is forgotten
    /// with it: another key may vouch for the image, and the rest costs one download per rotation.
    func standing(
        for identity: JournalIdentity,
        trust: TrustRecord,
        runningCounter: UInt32?,
        maximumBytes: UInt32
    ) -> RefusalReason? {
        guard let code = Code(rawValue: code) else { return nil }
        switch code {
        case .securityCounterTooLow, .securityCounterTooHigh:
            return SecurityCounter.objection(
                toInstalling: found,
                over: runningCounter,
                recorded: trust.securityCounter
            ).map { .image($0) }
        case .tooLarge:
            return judgedBy == maximumBytes ? reason(for: identity) : nil
        case .rolledBack:
            return reason(for: identity)
        case .notAnImage, .truncated, .headerSize, .unsupportedFlags, .malformedTLVArea, .malformedTLV, .duplicateTLV,
            .tooManyTLVs, .unprotectedTLV, .missingDigest, .digestMismatch, .unknownKey, .badSignature, .missingProduct,
            .wrongProduct:
            return judgedBy == trust.anchorSetNumber ? reason(for: identity) : nil
        }
    }
}
