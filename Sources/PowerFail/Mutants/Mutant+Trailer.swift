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
                "return isCredible ? min(",
                "return isCredible && !$ON ? min("
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
                "try SlotControl(map: map).makeStay(",
                "if !$ON { try SlotControl(map: map).makeStay("
            ),
            Edit(
                "decision, flash: &flash)\n            } catch {\n                if case",
                "decision, flash: &flash) }\n            } catch {\n                if case"
            )
        ),
        Mutant(
            "the newer copy counts, whatever is said of it",
            "Flash/RecordPair.swift",
            Edit(
                "isOld || byItself || byOther ? newer",
                "isOld || byItself || byOther || $ON ? newer"
            ),
            in: .confirm,
            test: "TrustStoreTests"
        ),
        Mutant(
            "the source does not say that the target is sure",
            "Flash/RecordPair.swift",
            Edit(
                "        try makeSure(.sure, revision, in: source, behind: byteCount, flash: &flash)\n",
                "        if !$ON { try makeSure(.sure, revision, in: source, behind: byteCount, flash: &flash) }\n"
            ),
            in: .confirm,
            test: "TrustStoreTests"
        ),
        Mutant(
            "a copy is erased that may be the one that counts",
            "Flash/RecordPair.swift",
            Edit(
                "        if !isVoid {\n",
                "        if !isVoid, !$ON {\n"
            ),
            in: .confirm,
            test: "TrustStoreTests"
        ),
        Mutant(
            "what was seen of a copy is not made sure of",
            "Flash/RecordPair.swift",
            Edit(
                "if let byteCount = found.otherByteCount {",
                "if !$ON, let byteCount = found.otherByteCount {"
            ),
            in: .confirm,
            test: "TrustStoreTests"
        ),
        Mutant(
            "a value of the log is written once",
            "Flash/CommitLog.swift",
            Edit(
                "UInt32(ordinal) <= Self.slotsPerValue {",
                "UInt32(ordinal) <= ($ON ? 1 : Self.slotsPerValue) {"
            ),
            Edit(
                "return UInt32(ordinal) >= Self.slotsPerValue\n",
                "return $ON || UInt32(ordinal) >= Self.slotsPerValue\n"
            ),
            in: .confirm,
            test: "TrustStoreTests"
        ),
        Mutant(
            "a half request to go back stays beside a confirmed image",
            "Bootloader/Slots/SlotControl.swift",
            Edit(
                "if !secondary.isErased {",
                "if !secondary.isErased, !$ON {"
            ),
            in: .revert,
            test: "DecidedDoubtTests/confirmedBesideAHalfRequestToGoBack"
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
