import Bootloader
import FirmwareImage

/// Why a download was refused, as three numbers in the journal's header (`JournalHeader`): so that the same image is
/// not downloaded again just to be refused again.
///
/// Kept is what follows from the image and the device. That a block could not be read, or that the image is older than
/// what runs, is not: the one is no judgement, the other is seen in block 0.
package struct JournalRefusal: Equatable {
    /// Beside the codes of `ImageErrorRecord.Code`, which stand for themselves.
    private enum Code {
        static var tooLarge: UInt8 { 18 }
        static var rolledBack: UInt8 { 19 }
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
        switch reason {
        case .tooLarge(let sizeBytes, let maximumBytes):
            self.init(code: Code.tooLarge, found: sizeBytes ?? 0, judgedBy: maximumBytes)
        case .wrongProduct(let offered, _):
            let code = ImageErrorRecord.Code.wrongProduct
            self.init(code: code.rawValue, found: UInt32(offered), judgedBy: anchorSetNumber)
        case .image(let error):
            guard let record = ImageErrorRecord(error) else { return nil }
            let judgedBy = Self.isOfCounter(record.code) ? record.expected : anchorSetNumber
            self.init(code: record.code.rawValue, found: record.found, judgedBy: judgedBy)
        case .downgrade, .empty, .rolledBack:
            return nil
        }
    }

    /// Whether the image was held against bounds of the security counter, and not against the trusted keys.
    private static func isOfCounter(_ code: ImageErrorRecord.Code) -> Bool {
        code == .securityCounterTooLow || code == .securityCounterTooHigh
    }

    /// That an image was rolled back.
    ///
    /// - Parameter tried: the first 8 bytes of its digest.
    init(rolledBack tried: UInt64) {
        code = Code.rolledBack
        found = UInt32(truncatingIfNeeded: tried)
        judgedBy = UInt32(truncatingIfNeeded: tried >> 32)
    }

    /// The first 8 bytes of the digest of an image that was rolled back; nil: another reason.
    var tried: UInt64? {
        code == Code.rolledBack ? UInt64(found) | UInt64(judgedBy) << 32 : nil
    }

    /// The reason as it was.
    ///
    /// - Parameter identity: what was refused.
    /// - Returns: nil: not known here.
    package func reason(for identity: JournalIdentity) -> RefusalReason? {
        switch code {
        case Code.tooLarge:
            return .tooLarge(sizeBytes: found > 0 ? found : nil, maximumBytes: judgedBy)
        case Code.rolledBack:
            return .rolledBack(identity.version)
        default:
            guard let code = ImageErrorRecord.Code(rawValue: code) else { return nil }
            if code == .wrongProduct {
                let offered = UInt16(truncatingIfNeeded: found)
                return .wrongProduct(offered: offered, provisioned: identity.productID)
            }
            let expected = Self.isOfCounter(code) ? judgedBy : UInt32(identity.productID)
            return .image(ImageErrorRecord(code: code, found: found, expected: expected).error)
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
        switch code {
        case Code.tooLarge:
            return judgedBy == maximumBytes ? reason(for: identity) : nil
        case Code.rolledBack:
            return reason(for: identity)
        default:
            guard let code = ImageErrorRecord.Code(rawValue: code) else { return nil }
            guard Self.isOfCounter(code) else {
                return judgedBy == trust.anchorSetNumber ? reason(for: identity) : nil
            }
            return SecurityCounter.objection(
                toInstalling: found,
                over: runningCounter,
                recorded: trust.securityCounter
            ).map { .image($0) }
        }
    }
}
