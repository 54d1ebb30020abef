extension Mutant {
    /// In what is read twice, and in what is made sure of before the client relies on it.
    static let reads = [
        Mutant(
            "an image that does not verify is given up at once",
            "Bootloader/Slots/SlotVerifier.swift",
            Edit(
                "guard case .none = contents else { return contents }",
                "guard !$ON, case .none = contents else { return contents }"
            ),
            test: "FaultyReadTests/oneWrongRead"
        ),
        Mutant(
            "an image in the middle of a swap is verified once",
            "Bootloader/Boot/BootRun.swift",
            Edit("for _ in 0..<2 {\n            var view", "for _ in 0..<($ON ? 1 : 2) {\n            var view")
        ),
        Mutant(
            "trailers are read until they read otherwise",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "if primary == first, secondary == second { break }",
                "if $ON || (primary == first && secondary == second) { break }"
            ),
            test: "FaultyReadTests/oneWrongRead"
        ),
        Mutant(
            "the log is not read until it reads the same twice",
            "Flash/CommitLog.swift",
            Edit("if contents == before { break }", "if $ON || contents == before { break }")
        ),
        Mutant(
            "status records are not read until they read the same twice",
            "Bootloader/Trailer/SwapSteps.swift",
            Edit("if stepsDone == before { break }", "if $ON || stepsDone == before { break }")
        ),
        Mutant(
            "a copied sector is not compared",
            "Flash/NORFlash+Bytes.swift",
            Edit("while offset < byteCount, isEqual {", "while offset < byteCount, isEqual, !$ON {"),
            test: "FaultyReadTests/oneWrongRead"
        ),
        Mutant(
            "a state mark of the journal is read once",
            "UpdateClient/Journal/DownloadJournal+Flash.swift",
            Edit(
                "        return try readMark(at: address, &flash) != .blank\n    }\n",
                "        return try $ON ? true : readMark(at: address, &flash) != .blank\n    }\n"
            )
        ),
        Mutant(
            "a drop that was found is not made sure of",
            "UpdateClient/Survey/Surveyor.swift",
            Edit(
                "if journal.current == nil { try journal.drop(",
                "if journal.current == nil, !$ON { try journal.drop("
            ),
            in: .supersede
        ),
        Mutant(
            "a request that was found is not made sure of",
            "UpdateClient/Survey/Surveyor.swift",
            Edit("            try scan.renewRequest(", "            if !$ON { try scan.renewRequest("),
            Edit("isInstalled != true, flash: &flash)\n", "isInstalled != true, flash: &flash) }\n")
        ),
        Mutant(
            "an installation that reads as not recorded is not made sure of",
            "UpdateClient/Survey/Surveyor.swift",
            Edit(
                "if isJournals, sealed?.isInstalled == false {",
                "if isJournals, !$ON, sealed?.isInstalled == false {"
            ),
            in: .supersede
        ),
        Mutant(
            "a run goes on in the bank that it found",
            "UpdateClient/Journal/DownloadJournal.swift",
            Edit(
                "        try writeBank(&flash)\n    }\n\n    /// Records with which blocks",
                "        if !$ON { try writeBank(&flash) }\n    }\n\n    /// Records with which blocks"
            ),
            in: .download
        ),
    ]
}
