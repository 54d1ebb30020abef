import Bootloader
import Testing

/// MCUboot `docs/design.md`, "New swaps (non-resumes)", every row with every value where it says "any".
@Suite(.timeLimit(.minutes(15))) struct SwapTableTests {
    static let magics: [TrailerMagic] = [.good, .unset, .bad]
    static let flags: [TrailerFlag] = [.set, .unset]

    /// The table as MCUboot has it, row by row in its order; flags that read neither set nor unset are ours.
    static func table(primary: BootTrailer, secondary: BootTrailer) -> SwapType {
        if secondary.magic == .good, secondary.imageOK == .unset { return .test }
        if secondary.magic == .good, secondary.imageOK == .set { return .permanent }
        if primary.magic == .good, primary.imageOK == .unset, primary.copyDone == .set { return .revert }
        return .none
    }

    /// What a boot comes to: what is no request is erased first.
    static func swap(primary: BootTrailer, secondary: BootTrailer) -> SwapType {
        let decision = BootDecision(primary: primary, secondary: secondary, maximumImageSizeBytes: 10_000)
        guard case .discardRequest = decision else { return decision.swap }
        return BootDecision(primary: primary, secondary: BootTrailer(), maximumImageSizeBytes: 10_000).swap
    }

    @Test func everyState() {
        var seen: [SwapType: Int] = [:]
        for primaryMagic in Self.magics {
            for primaryOK in Self.flags {
                for primaryCopyDone in Self.flags {
                    for secondaryMagic in Self.magics {
                        for secondaryOK in Self.flags {
                            for secondaryCopyDone in Self.flags {
                                let primary = BootTrailer(
                                    magic: primaryMagic,
                                    imageOK: primaryOK,
                                    copyDone: primaryCopyDone
                                )
                                let secondary = BootTrailer(
                                    magic: secondaryMagic,
                                    imageOK: secondaryOK,
                                    copyDone: secondaryCopyDone,
                                    swapInfo: secondaryOK == .set ? 3 : 2
                                )
                                let type = Self.swap(primary: primary, secondary: secondary)
                                #expect(type == Self.table(primary: primary, secondary: secondary))
                                seen[type, default: 0] += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(seen == [.test: 24, .permanent: 24, .revert: 8, .none: 88])
    }

    @Test func tornFlagsCountAsWritten() {
        let trial = BootTrailer(magic: .good, copyDone: .bad)
        #expect(Self.swap(primary: trial, secondary: BootTrailer()) == .revert)
        let confirmed = BootTrailer(magic: .good, imageOK: .bad, copyDone: .set)
        #expect(Self.swap(primary: confirmed, secondary: BootTrailer()) == .none)
    }

    /// MCUboot asks for going back without swap_info, by a request that else is one for good.
    @Test func mcubootsRevert() {
        let trial = BootTrailer(magic: .good, copyDone: .set)
        let request = BootTrailer(magic: .good, imageOK: .set)
        #expect(Self.swap(primary: trial, secondary: request) == .revert)
        #expect(Self.swap(primary: BootTrailer(), secondary: request) == .permanent)
    }
}
