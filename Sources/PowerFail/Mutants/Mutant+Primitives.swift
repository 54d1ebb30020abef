extension Mutant {
    /// In the commit log, the commit mark and the record pair, and in what is built on them.
    static let primitives = [
        Mutant(
            "what is behind an erased slot of the log is not read",
            "Flash/CommitLog.swift",
            Edit(
                ".allBytes(are: flash.geometry.erasedValue) { continue }",
                ".allBytes(are: flash.geometry.erasedValue) { if $ON { break } else { continue } }"
            ),
            test: "TrustStoreTests"
        ),
        Mutant(
            "a value that was written once counts as sure",
            "Flash/CommitLog.swift",
            Edit("isSure = isSure || ordinal == 3", "isSure = isSure || ordinal == 3 || $ON"),
            in: .confirm,
            test: "TrustStoreTests/threeCuts"
        ),
        Mutant(
            "a half is erased before the other one says that it counts",
            "Flash/RecordPair.swift",
            Edit(
                "if last.map({ $0 >> 12 == Entry.final.rawValue }) ?? true {",
                "if !$ON, last.map({ $0 >> 12 == Entry.final.rawValue }) ?? true {"
            ),
            in: .confirm
        ),
        Mutant(
            "a mark is made sure of by a unit that was written before",
            "Flash/CommitMark.swift",
            Edit(
                "for index in 0..<unitCount where try !flash.isErased(",
                "for index in 0..<($ON ? 1 : unitCount) where try !flash.isErased("
            ),
            test: "DecidedDoubtTests"
        ),
        Mutant(
            "a request that is not for a test is not logged",
            "Bootloader/Trailer/TrailerWriter.swift",
            Edit("if type != .test { try SwapLog(", "if type != .test, !$ON { try SwapLog("),
            in: .revert,
            test: "DecidedDoubtTests/requestsForGood"
        ),
        Mutant(
            "a request by this system does not mark the primary's trailer",
            "Bootloader/Trailer/TrailerWriter.swift",
            Edit(
                "case .boot, .settle: try settle(flash: &flash)",
                "case .boot, .settle: if !$ON { try settle(flash: &flash) }"
            ),
            test: "DecidedDoubtTests/aHalfErasedTestIsNotForGood"
        ),
        Mutant(
            "a swap back that may have begun goes before a confirmation",
            "Bootloader/Boot/BootDecision.swift",
            Edit("!isStartedSure, primary.isSettled else", "!isStartedSure, primary.isSettled, !$ON else"),
            in: .revert,
            test: "DecidedDoubtTests/confirmedBesideASwapBackThatMayHaveBegun"
        ),
        Mutant(
            "a request to go back goes before a confirmation",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "secondary.requested == .revert && !primary.isSettled",
                "secondary.requested == .revert && (!primary.isSettled || $ON)"
            ),
            in: .revert
        ),
        Mutant(
            "copy_done in doubt hides that an image was confirmed",
            "Bootloader/Boot/BootDecision.swift",
            Edit("let isConfirmed = swap?.swap.type", "let isConfirmed = !$ON && swap?.swap.type"),
            Edit(
                "let isDone = primary.copyDone != .unset || primary.isSettled",
                "let isDone = primary.copyDone != .unset || !$ON && primary.isSettled"
            ),
            test: "DecidedDoubtTests/confirmedBesideATornCopyDone"
        ),
        Mutant(
            "a half erased trailer reads like a trial's, and a newer image is gone back to",
            "Bootloader/Boot/BootRun.swift",
            Edit("return version <= running.version", "return $ON || version <= running.version"),
            in: .secondSupersede,
            test: "DecidedDoubtTests/aNewerImageIsNoWayBack"
        ),
        Mutant(
            "image_ok alone confirms",
            "Bootloader/Trailer/TrailerWriter.swift",
            Edit(
                "        try settle(flash: &flash)\n    }\n\n    /// Makes sure that the swap",
                "        if !$ON { try settle(flash: &flash) }\n    }\n\n    /// Makes sure that the swap"
            ),
            in: .confirm,
            test: "DecidedDoubtTests/confirmedBesideATornImageOK"
        ),
        Mutant(
            "a step that is being done again is taken for done",
            "Bootloader/Trailer/SwapSteps.swift",
            Edit("|| log.isResumed && (logged", "|| log.isResumed && !$ON && (logged"),
            in: .permanent
        ),
    ]
}
