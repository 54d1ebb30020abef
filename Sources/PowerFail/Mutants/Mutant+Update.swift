extension Mutant {
    static let update = [
        Mutant(
            "a journal is not dropped before a new one is begun",
            "UpdateClient/Machine/UpdateMachine+Download.swift",
            Edit(
                "        do { try journal.drop(&flash) } catch {\n            flashFailed(error)\n            return\n"
                    + "        }\n        forgetSecondary()\n",
                "        do { if !$ON { try journal.drop(&flash) } } catch {\n            flashFailed(error)\n"
                    + "            return\n        }\n        forgetSecondary()\n"
            )
        ),
        Mutant(
            "the request of an earlier image stays when another is downloaded",
            "Bootloader/Slots/SlotControl.swift",
            Edit(
                "            try writer.erase(.secondary, flash: &flash)\n        } catch {\n            throw "
                    + ".flash(error)\n        }\n    }\n\n    /// Asks",
                "            if !$ON { try writer.erase(.secondary, flash: &flash) }\n        } catch {\n       "
                    + "     throw .flash(error)\n        }\n    }\n\n    /// Asks"
            )
        ),
        Mutant(
            "a download is not sealed",
            "UpdateClient/Machine/UpdateMachine+Verifying.swift",
            Edit("try journal.seal(&flash)", "if !$ON { try journal.seal(&flash) }")
        ),
        Mutant(
            "a download is sealed after the request",
            "UpdateClient/Machine/UpdateMachine+Verifying.swift",
            Edit("try journal.seal(&flash)", "if !$ON { try journal.seal(&flash) }"),
            Edit(
                "        do { try journal.recordInstallation(&flash) } catch {\n",
                "        if $ON { do { try journal.seal(&flash) } catch {\n            flashFailed(error)\n     "
                    + "       return\n"
                    + "        } }\n        do { try journal.recordInstallation(&flash) } catch {\n"
            )
        ),
        Mutant(
            "it is not recorded that an image was handed over",
            "UpdateClient/Machine/UpdateMachine+Verifying.swift",
            Edit("try journal.recordInstallation(&flash)", "if !$ON { try journal.recordInstallation(&flash) }")
        ),
        Mutant(
            "progress of a refused image stays",
            "UpdateClient/Machine/UpdateMachine+Verifying.swift",
            Edit(
                "            try journal.refuse(refusal, sizeBytes: sizeBytes, isProven: isProven, flash: &flash)\n",
                "            if !$ON {\n            try journal.refuse(refusal, sizeBytes: sizeBytes,"
                    + " isProven: isProven, flash: &flash)\n            }\n"
            )
        ),
        Mutant(
            "a refused image is forgotten",
            "UpdateClient/Machine/UpdateMachine+Verifying.swift",
            Edit("            try journal.refuse(refusal,", "            try journal.refuse($ON ? nil : refusal,")
        ),
        Mutant(
            "a rolled back image is tried again",
            "UpdateClient/Survey/Surveyor.swift",
            Edit("return sealed.isInstalled ? .rolledBack", "return sealed.isInstalled && !$ON ? .rolledBack")
        ),
        Mutant(
            "it is not made sure that what is said to run stays",
            "UpdateClient/Survey/Surveyor.swift",
            Edit("try scan.settle(decision,", "if !$ON { try scan.settle(decision,"),
            Edit("flash: &flash)\n            survey.isTrial", "flash: &flash) }\n            survey.isTrial")
        ),
        Mutant(
            "progress of another release is gone on with",
            "UpdateClient/Machine/UpdateMachine+Checking.swift",
            Edit(
                "        return known == offered && offered.isSizeExact\n",
                "        return ($ON || known == offered) && offered.isSizeExact\n"
            )
        ),
    ]
}
