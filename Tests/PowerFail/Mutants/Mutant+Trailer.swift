extension Mutant {
    static let trailer = [
        Mutant(
            "the magic is written first",
            "Bootloader/Trailer/TrailerWriter.swift",
            Edit(
                "        try writeSwapInfo(slot, type, flash: &flash)\n        if imageOK {",
                "        if $ON { try writeMagic(slot, flash: &flash) }\n"
                    + "        try writeSwapInfo(slot, type, flash: &flash)\n        if imageOK {"
            ),
            Edit(
                "        try writeMagic(slot, flash: &flash)\n        try witnessMagic(",
                "        if !$ON { try writeMagic(slot, flash: &flash) }\n        try witnessMagic("
            )
        ),
        Mutant(
            "the magic's witness is written before it",
            "Bootloader/Trailer/TrailerWriter.swift",
            Edit(
                "        try writeSwapInfo(slot, type, flash: &flash)\n        if imageOK {",
                "        if $ON { try witnessMagic(slot, flash: &flash) }\n"
                    + "        try writeSwapInfo(slot, type, flash: &flash)\n        if imageOK {"
            )
        ),
        Mutant(
            "a confirmation that was cut short is not witnessed",
            "Bootloader/Trailer/BootTrailer+Flash.swift",
            Edit(
                "if imageOK == .unset, isConfirmed",
                "if !$ON, imageOK == .unset, isConfirmed"
            )
        ),
        Mutant(
            "a copy_done that was cut short is not witnessed",
            "Bootloader/Trailer/BootTrailer+Flash.swift",
            Edit("if copyDone == .unset, isCopied", "if !$ON, copyDone == .unset, isCopied")
        ),
        Mutant(
            "a copy_done that was cut short ends the trial",
            "Bootloader/Trailer/BootTrailer.swift",
            Edit(
                "primary.imageOK == .unset, primary.copyDone != .unset {",
                "primary.imageOK == .unset, $ON ? primary.copyDone == .set : primary.copyDone != .unset {"
            )
        ),
        Mutant(
            "only the first half of the status records is looked at",
            "Bootloader/Trailer/SwapProgress.swift",
            Edit("var record = 3 * layout.sectorCapacity", "var record = ($ON ? 1 : 3) * layout.sectorCapacity")
        ),
        Mutant(
            "a request is written over the one before",
            "Bootloader/Slots/SlotControl.swift",
            Edit(
                "do not stay so.\n                try writer.erase(.secondary, flash: &flash)\n",
                "do not stay so.\n                if !$ON { try writer.erase(.secondary, flash: &flash) }\n"
            )
        ),
        Mutant(
            "confirming does nothing",
            "Bootloader/Slots/Confirmation.swift",
            Edit("if wasTrial {", "if wasTrial, !$ON {")
        ),
        Mutant(
            "any signature is good",
            "FirmwareImage/Verification/ImageVerifier.swift",
            Edit(
                "if try isValid(&source, entry, digest: digest, anchor: candidate.anchor) {",
                "let isGood = try isValid(&source, entry, digest: digest, anchor: candidate.anchor)\n"
                    + "                if $ON || isGood {"
            )
        ),
    ]
}
