import Bootloader
import Testing

/// MCUboot `docs/design.md`, "New swaps (non-resumes)", every row with every value where it says "any".
@Suite struct SwapTableTests {
    static let magics: [TrailerMagic] = [.good, .unset, .bad]
    static let flags: [TrailerFlag] = [.set, .unset]

    /// The table as MCUboot has it, row by row in its order; flags that read neither set nor unset are ours.
    static func table(primary: BootTrailer, secondary: BootTrailer) -> SwapType {
        if secondary.magic == .good, secondary.imageOK == .unset { return .test }
        if secondary.magic == .good, secondary.imageOK == .set { return .permanent }
        if primary.magic == .good, primary.imageOK == .unset, primary.copyDone == .set { return .revert }
        return .none
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
                                    copyDone: secondaryCopyDone
                                )
                                let type = SwapType(primary: primary, secondary: secondary)
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
        #expect(SwapType(primary: trial, secondary: BootTrailer()) == .revert)
        let confirmed = BootTrailer(magic: .good, imageOK: .bad, copyDone: .set)
        #expect(SwapType(primary: confirmed, secondary: BootTrailer()) == .none)
    }
}
