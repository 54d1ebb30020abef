extension Mutant {
    static let trailer = [
        Mutant(
            "the magic is written first",
            "Bootloader/Trailer/TrailerWriter.swift",
            Edit(
                "        _ = try writeByte(type.rawValue, .secondary,",
                "        if $ON { try writeMagic(.secondary, flash: &flash) }\n"
                    + "        _ = try writeByte(type.rawValue, .secondary,"
            ),
            Edit(
                "        try writeMagic(.secondary, flash: &flash)\n",
                "        if !$ON { try writeMagic(.secondary, flash: &flash) }\n"
            )
        ),
        Mutant(
            "the mark of what is settled is not looked at",
            "Bootloader/Trailer/BootTrailer+Flash.swift",
            Edit(
                "isSettled = try Self.settled(",
                "isSettled = try $ON ? false : Self.settled("
            )
        ),
        Mutant(
            "a copy_done that was cut short ends the trial",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "guard copyDone != .unset, imageOK",
                "guard $ON ? copyDone == .set : copyDone != .unset, imageOK"
            )
        ),
        Mutant(
            "only the first half of the status records is looked at",
            "Bootloader/Trailer/SwapSteps.swift",
            Edit(
                "var record = 3 * layout.sectorCapacity -",
                "var record = ($ON ? 1 : 3) * layout.sectorCapacity -"
            )
        ),
        Mutant(
            "the log is not asked for a record that is not found",
            "Bootloader/Trailer/SwapSteps.swift",
            Edit(
                "if log.stepsDone == recorded + 1 {",
                "if !$ON, log.stepsDone == recorded + 1 {"
            ),
            in: .permanent
        ),
        Mutant(
            "a unit that cannot be read counts as erased",
            "Flash/NORFlash+Doubt.swift",
            Edit(
                "            return false\n        }\n        return buffer",
                "            return $ON\n        }\n        return buffer"
            )
        ),
        Mutant(
            "a request is written over the one before",
            "Bootloader/Slots/SlotControl.swift",
            Edit(
                "        try writer.erase(.secondary, flash: &flash)\n        try writer.writeRequest(type",
                "        if !$ON { try writer.erase(.secondary, flash: &flash) }\n        try writer.writeRequest(type"
            )
        ),
        Mutant(
            "confirming does nothing",
            "Bootloader/Slots/Confirmation.swift",
            Edit(
                "if wasTrial {",
                "if wasTrial, !$ON {"
            )
        ),
        Mutant(
            "a draft counts without its mark",
            "Flash/RecordPair.swift",
            Edit(
                "draft.revision > copy.revision, try isMarked(.draft, draft,",
                "draft.revision > copy.revision, try $ON ? true : isMarked(.draft, draft,"
            ),
            in: .confirm
        ),
        Mutant(
            "home is written before the draft's mark is sure",
            "Flash/RecordPair.swift",
            Edit(
                "        try makeSure(.draft, draft, flash: &flash)\n",
                "        if !$ON { try makeSure(.draft, draft, flash: &flash) }\n"
            ),
            in: .confirm
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
