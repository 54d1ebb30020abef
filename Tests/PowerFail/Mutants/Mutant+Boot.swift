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
            "Bootloader/Boot/BootRun+Progress.swift",
            Edit(
                "        let next = recorded.next(imageSectors: run.imageSectors)\n",
                "        if $ON { return recorded }\n        let next = recorded.next(imageSectors: run.imageSectors)\n"
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
                "        try writer.witnessMagic(.secondary, flash: &flash)\n",
                "        if !$ON { try writer.witnessMagic(.secondary, flash: &flash) }\n"
            ),
            in: .revert
        ),
        Mutant(
            "a request is not made sure of to be for a test",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "        if type == .test { try writer.witnessTest(flash: &flash) }\n",
                "        if type == .test, !$ON { try writer.witnessTest(flash: &flash) }\n"
            )
        ),
        Mutant(
            "a half erased request for good is taken for one for a test",
            "Bootloader/Boot/BootStep.swift",
            Edit(
                "where !isSwapRecorded || secondary.isTestWitnessed:",
                "where !isSwapRecorded || secondary.isTestWitnessed || $ON:"
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
            Edit("let sector = imageSectors - 1 - sectors", "let sector = $ON ? sectors : imageSectors - 1 - sectors")
        ),
        Mutant(
            "a step is recorded before it is done",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "            try flash.erase(sectorAt: step.destination)\n",
                """
                            if $ON { \
                            try writer.writeStatus(record: step.record, value: step.recordValue, flash: &flash) }
                            try flash.erase(sectorAt: step.destination)

                """
            ),
            Edit(
                "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: &flash)\n",
                "            if !$ON {\n"
                    + "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: "
                    + "&flash)\n"
                    + "            }\n"
            )
        ),
        Mutant(
            "moves are not recorded",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: &flash)\n",
                "            if !$ON || step.record >= map.trailer.sectorCapacity {\n"
                    + "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: "
                    + "&flash)\n"
                    + "            }\n"
            )
        ),
        Mutant(
            "the second halves of the sector swaps are not recorded",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: &flash)\n",
                "            if !$ON || step.recordValue == 1 {\n"
                    + "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: "
                    + "&flash)\n"
                    + "            }\n"
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
                "        var next: SwapProgress? = progress\n",
                "        var next: SwapProgress? = progress\n        if $ON { try writer.writeCopyDone(flash: "
                    + "&flash) }\n"
            )
        ),
    ]
}
