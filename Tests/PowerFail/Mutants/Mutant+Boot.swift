extension Mutant {
    static let boot = [
        Mutant(
            "a request for an older image is followed",
            "Bootloader/Boot/BootRun.swift",
            Edit("if type != .revert, let outgoing {", "if !$ON, type != .revert, let outgoing {")
        ),
        Mutant(
            "the request is erased before the swap is recorded",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "            try writer.erase(.primary, flash: &flash)\n",
                "            if $ON { try writer.erase(.secondary, flash: &flash) }\n"
                    + "            try writer.erase(.primary, flash: &flash)\n"
            )
        ),
        Mutant(
            "the trailer of the swap before is not erased",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "            try writer.erase(.primary, flash: &flash)\n",
                "            if !$ON { try writer.erase(.primary, flash: &flash) }\n"
            )
        ),
        Mutant(
            "a request that is refused is not erased",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "        refusal = reason\n        try writer.erase(.secondary, flash: &flash)\n",
                "        refusal = reason\n        if !$ON { try writer.erase(.secondary, flash: &flash) }\n"
            )
        ),
        Mutant(
            "the status records are believed whatever the images say",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "        guard most < 2 else { return recorded }\n",
                "        guard !$ON, most < 2 else { return recorded }\n"
            )
        ),
        Mutant(
            "a confirmation is not made sure of",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "                    try writer.witnessConfirmation(flash: &flash)\n",
                "                    if !$ON { try writer.witnessConfirmation(flash: &flash) }\n"
            )
        ),
        Mutant(
            "a request is not made sure of before the primary's trailer is erased",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "        try writer.witness(.whole, .secondary, flash: &flash)\n",
                "        if !$ON { try writer.witness(.whole, .secondary, flash: &flash) }\n"
            )
        ),
        Mutant(
            "a recorded swap is recorded again",
            "Bootloader/Boot/BootRun.swift",
            Edit("if primary != record || progress", "if $ON || primary != record || progress")
        ),
        Mutant(
            "a trial is not told from a swap for good",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "                    isTrial = type == .test\n",
                "                    isTrial = !$ON && type == .test\n"
            )
        ),
        Mutant(
            "an unconfirmed image stays",
            "Bootloader/Boot/BootStep.swift",
            Edit("== .revert ? .revert : .boot", "== .revert && !$ON ? .revert : .boot")
        ),
        Mutant(
            "a recorded swap goes before the request that it is recorded for",
            "Bootloader/Boot/BootStep.swift",
            Edit(
                "        if secondary.magic == .good {\n",
                "        if secondary.magic == .good, !$ON || recorded == nil {\n"
            )
        ),
        Mutant(
            "a half erased request is thrown away although its swap is recorded",
            "Bootloader/Boot/BootStep.swift",
            Edit("?? recorded ?? .discardRequest", "?? ($ON ? nil : recorded) ?? .discardRequest")
        ),
        Mutant(
            "a half erased request is taken for imgtool's",
            "Bootloader/Boot/BootStep.swift",
            Edit(
                "requestedSwap(secondary, isSwapRecorded: recorded != nil)",
                "requestedSwap(secondary, isSwapRecorded: !$ON && recorded != nil)"
            )
        ),
        Mutant(
            "the first sector is moved up first",
            "Bootloader/Boot/SwapRun.swift",
            Edit("let sector = imageSectors - 1 - record", "let sector = $ON ? record : imageSectors - 1 - record")
        ),
        Mutant(
            "a move is recorded before it is done",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                """
                                try replace(.primary, sector + 1, with: .primary, sector, flash: &flash)
                                try writer.writeStatus(record: record, value: 1, flash: &flash)

                """,
                """
                                if $ON { try writer.writeStatus(record: record, value: 1, flash: &flash) }
                                try replace(.primary, sector + 1, with: .primary, sector, flash: &flash)
                                if !$ON { try writer.writeStatus(record: record, value: 1, flash: &flash) }

                """
            )
        ),
        Mutant(
            "moves are not recorded",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "try writer.writeStatus(record: record, value: 1, flash: &flash)",
                "if !$ON { try writer.writeStatus(record: record, value: 1, flash: &flash) }"
            )
        ),
        Mutant(
            "the halves of the sector swaps are not recorded",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "            try writer.writeStatus(\n                record: map",
                "            if !$ON || half % 2 == 0 { try writer.writeStatus(\n                record: map"
            ),
            Edit(
                "                value: UInt8(half % 2) + 1,\n                flash: &flash\n            )\n",
                "                value: UInt8(half % 2) + 1,\n                flash: &flash\n            ) }\n"
            )
        ),
        Mutant(
            "copy_done is not written",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "        try writer.writeCopyDone(flash: &flash)\n",
                "        if !$ON { try writer.writeCopyDone(flash: &flash) }\n"
            )
        ),
        Mutant(
            "copy_done is written before the swap",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "        var halvesDone: UInt32 = 0\n",
                "        var halvesDone: UInt32 = 0\n        if $ON { try writer.writeCopyDone(flash: &flash) }\n"
            )
        ),
    ]
}
