/// Where the parts of one journal bank lie, derived from the write alignment and from what is downloaded.
///
/// A bank, every part padded to a multiple of the write alignment A (so that each is programmed once and alone):
///
///     offset                    size                 what
///     0                         ⌈48 / A⌉·A           header (`JournalHeader`)
///     marks                     A                    sealed: every block is in flash and the image was verified
///     marks + A                 A                    installed: the bootloader was told to try the image
///     marks + 2A                A                    dropped: nothing of this bank holds any more
///     marks + 3A                A                    begun: the header is written, and the marks taken over before it
///     marks + 4A                A per progress unit  unit i of the image is in flash, whole
///     end − A                   A                    begun, again: by a run that found the first such mark and goes on
///
/// A mark counts only when all its A bytes are programmed (the complement of the erased value); anything else is
/// unmarked, and a mark that is neither whole nor blank was torn by a power cut.
struct JournalLayout: Equatable {
    /// Marks before the first unit's; one more is at the end of the bank.
    static let stateMarkCount: UInt32 = 4

    /// A, in bytes.
    let alignmentBytes: UInt32
    /// Bytes of the image that one mark stands for: `1 << unitExponent`.
    let unitExponent: UInt8
    /// Units that the image has.
    let unitCount: UInt32

    /// Bytes that one mark stands for.
    var unitBytes: UInt32 { 1 << UInt32(unitExponent) }

    /// The end of the unit that has the image's byte `offset`.
    func unitEnd(after offset: UInt32) -> UInt32 {
        let start = offset & ~(unitBytes - 1)
        let (end, overflow) = start.addingReportingOverflow(unitBytes)
        return overflow ? UInt32.max : end
    }

    /// Finds the smallest progress unit, not below the block size, for which all marks fit into a bank.
    ///
    /// - Parameters:
    ///   - bankBytes: size of the smaller bank.
    ///   - alignmentBytes: the flash's write alignment.
    ///   - imageBytes: size of the image, or the largest one the slot takes if the server did not say.
    ///   - blockBytes: size of a block; a power of two.
    init?(bankBytes: UInt32, alignmentBytes: UInt32, imageBytes: UInt32, blockBytes: UInt32) {
        guard blockBytes > 0, alignmentBytes > 0 else { return nil }
        var exponent = UInt8(truncatingIfNeeded: 31 - blockBytes.leadingZeroBitCount)
        if (1 << UInt32(exponent)) < blockBytes { exponent += 1 }
        while exponent <= JournalHeader.unitExponentRange.upperBound {
            if let layout = JournalLayout(
                bankBytes: bankBytes,
                alignmentBytes: alignmentBytes,
                imageBytes: imageBytes,
                unitExponent: exponent
            ) {
                self = layout
                return
            }
            exponent += 1
        }
        return nil
    }

    /// The layout with a given unit, as read from a header; nil if its marks do not fit into the bank.
    init?(bankBytes: UInt32, alignmentBytes: UInt32, imageBytes: UInt32, unitExponent: UInt8) {
        guard JournalHeader.unitExponentRange.contains(unitExponent), alignmentBytes > 0, imageBytes > 0,
            (1 << UInt32(unitExponent)) >= alignmentBytes
        else { return nil }
        let units = (UInt64(imageBytes) + (1 << UInt64(unitExponent)) - 1) >> UInt64(unitExponent)
        let used =
            UInt64(Self.headerBytes(alignmentBytes))
            + (UInt64(Self.stateMarkCount) + units + 1) * UInt64(alignmentBytes)
        guard used <= UInt64(bankBytes) else { return nil }
        self.alignmentBytes = alignmentBytes
        self.unitExponent = unitExponent
        self.unitCount = UInt32(units)
    }

    /// Bytes of the header with its padding.
    static func headerBytes(_ alignmentBytes: UInt32) -> UInt32 {
        let alignment = max(alignmentBytes, 1)
        return (JournalHeader.byteCount + alignment - 1) / alignment * alignment
    }

    /// Offset of a state mark from the start of a bank; the same for every layout of a flash.
    static func offset(of mark: StateMark, bankBytes: UInt32, alignmentBytes: UInt32) -> UInt32 {
        switch mark {
        case .begunAgain: bankBytes - alignmentBytes
        case .sealed, .installed, .dropped, .begun: headerBytes(alignmentBytes) + UInt32(mark.rawValue) * alignmentBytes
        }
    }

    /// Offset of a unit's mark from the start of the bank.
    func offset(ofUnit unit: UInt32) -> UInt32 {
        Self.headerBytes(alignmentBytes) + (Self.stateMarkCount + unit) * alignmentBytes
    }

    /// The marks that say what became of a download as a whole.
    enum StateMark: UInt8 {
        case sealed = 0
        case installed
        case dropped
        case begun
        case begunAgain
    }
}
