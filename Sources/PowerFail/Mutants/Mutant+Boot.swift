extension Mutant {
    static let boot = [
        Mutant(
            "a request for an older image is followed",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "if type != .revert, let outgoing {",
                "if !$ON, type != .revert, let outgoing {"
            )
        ),
        Mutant(
            "a request is not made sure of before the primary's trailer is erased",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "        try log(swap, flash: &flash)\n",
                "        if !$ON { try log(swap, flash: &flash) }\n"
            ),
            in: .revert
        ),
        Mutant(
            "the trailer of the swap before is not erased",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "        try erase(.primary, flash: &flash)\n        try write(record",
                "        if !$ON { try erase(.primary, flash: &flash) }\n        try write(record"
            )
        ),
        Mutant(
            "a request that is refused is not erased",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "            try erase(.secondary, flash: &flash)\n            return .notDone",
                "            if !$ON { try erase(.secondary, flash: &flash) }\n            return .notDone"
            )
        ),
        Mutant(
            "a confirmation is not made sure of",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "                try settle(flash: &flash)\n                return true",
                "                if !$ON { try settle(flash: &flash) }\n                return true"
            )
        ),
        Mutant(
            "a trial is not told from a swap for good",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "isTrial = try decision(",
                "isTrial = try $ON ? false : decision("
            )
        ),
        Mutant(
            "a trial whose end was cut short is run again",
            "Bootloader/Boot/BootRun.swift",
            Edit(
                "guard isFirst else { return .trialIsOver }",
                "guard isFirst || $ON else { return .trialIsOver }"
            )
        ),
        Mutant(
            "a recorded swap is started over while its request is erased",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "if let own, !isDone, own",
                "if !$ON, let own, !isDone, own"
            )
        ),
        Mutant(
            "a record that may be torn is followed",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "isWritten {",
                "isWritten || $ON {"
            )
        ),
        Mutant(
            "the record of the swap before is taken for this one's",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "own.swap == started",
                "own.swap == started || $ON"
            )
        ),
        Mutant(
            "an unconfirmed image stays",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "} else if primary.isTrial {",
                "} else if primary.isTrial, !$ON {"
            )
        ),
        Mutant(
            "a half erased request goes before the swap that is recorded for it",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "} else if let own, !isDone {",
                "} else if let own, !isDone, !$ON || request == nil {"
            )
        ),
        Mutant(
            "an image that was confirmed beside a torn copy_done is not known as such",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "|| primary.isSettled || isConfirmed || goesBack",
                "|| primary.isSettled || isConfirmed && !$ON || goesBack"
            )
        ),
        Mutant(
            "a half erased request for a test counts as one for good",
            "Bootloader/Boot/BootDecision.swift",
            Edit(
                "case .permanent where primary.isOwn: .test",
                "case .permanent where primary.isOwn && !$ON: .test"
            ),
            in: .supersede,
            test: "DecidedDoubtTests/aHalfErasedTestIsNotForGood"
        ),
        Mutant(
            "the first sector is moved up first",
            "Bootloader/Trailer/SwapSteps.swift",
            Edit(
                "let sector = imageSectors - 1 - stepsDone",
                "let sector = $ON ? stepsDone : imageSectors - 1 - stepsDone"
            )
        ),
        Mutant(
            "a step is recorded before it is done",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "            try flash.replaceSector(\n",
                "            if $ON {\n"
                    + "            try writer.writeStatus(record: step.record, value: step.recordValue, flash: "
                    + "&flash)\n"
                    + "            }\n"
                    + "            try flash.replaceSector(\n"
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
            "a request to go back that was begun too early stays",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "                try writer.erase(.secondary, flash: &flash)\n",
                "                if !$ON { try writer.erase(.secondary, flash: &flash) }\n"
            ),
            in: .revert,
            test: "DecidedDoubtTests/goingBackBesideATornCopyDone"
        ),
        Mutant(
            "a step is done again without a word",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "                try log.append(resumedBehind: start, flash: &flash)\n",
                "                if !$ON { try log.append(resumedBehind: start, flash: &flash) }\n"
            ),
            in: .permanent
        ),
        Mutant(
            "what is left of a request is not erased before the swap",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "if start == 0 { try writer.erase(",
                "if start == 0, !$ON { try writer.erase("
            )
        ),
        Mutant(
            "copy_done is not written",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "return try writer.writeCopyDone(",
                "return try $ON ? true : writer.writeCopyDone("
            )
        ),
        Mutant(
            "copy_done is written before the swap",
            "Bootloader/Boot/SwapRun.swift",
            Edit(
                "        var stepsDone = start\n",
                "        var stepsDone = start\n        if $ON { _ = try writer.writeCopyDone(flash: &flash) }\n"
            )
        ),
    ]
}
