extension Mutant {
    static let journal = [
        Mutant(
            "a bank counts without its begun mark",
            "UpdateClient/Journal/DownloadJournal.swift",
            Edit("guard isBegun || isBegunAgain else", "guard isBegun || isBegunAgain || $ON else")
        ),
        Mutant(
            "a run goes on with what it found without making sure of it",
            "UpdateClient/Slot/SlotWriter.swift",
            Edit(
                "do { try journal.settle(&flash) }",
                "do { if !$ON { try journal.settle(&flash) } }"
            )
        ),
        Mutant(
            "a dropped bank counts",
            "UpdateClient/Journal/DownloadJournal.swift",
            Edit("        if isNewestDropped {\n", "        if !$ON, isNewestDropped {\n")
        ),
        Mutant(
            "a new bank has the number of the one before",
            "UpdateClient/Journal/DownloadJournal.swift",
            Edit("sequence: newestSequence &+ 1,", "sequence: newestSequence &+ ($ON ? 0 : 1),")
        ),
        Mutant(
            "the free bank is not erased",
            "UpdateClient/Journal/DownloadJournal.swift",
            Edit(
                "            try flash.erase(sectorAt: sector.lowerBound)\n",
                "            if !$ON { try flash.erase(sectorAt: sector.lowerBound) }\n"
            )
        ),
        Mutant(
            "a seal that was found is believed",
            "UpdateClient/Journal/DownloadJournal.swift",
            Edit("        isSealFound = isSealed\n", "        isSealFound = !$ON && isSealed\n"),
            in: .upgrade
        ),
        Mutant(
            "a block is marked before it is written",
            "UpdateClient/Slot/SlotWriter.swift",
            Edit(
                "        // Pieces end where sectors and units end,",
                "        if $ON {\n            try markComplete(offset..<offset + length, imageEnd: imageEnd,"
                    + " account: account, journal: &journal, flash: &flash)\n        }\n"
                    + "        // Pieces end where sectors and units end,"
            ),
            Edit(
                "isMarked: journal.isMarked(bytes: start..<stop),",
                "isMarked: !$ON && journal.isMarked(bytes: start..<stop),"
            )
        ),
        Mutant(
            "a sector is used without erasing it",
            "UpdateClient/Slot/SlotWriter.swift",
            Edit("            if !isReady(start) {\n", "            if !isReady(start), !$ON {\n")
        ),
    ]
}
