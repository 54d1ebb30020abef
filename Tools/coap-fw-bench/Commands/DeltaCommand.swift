import ArgumentParser
import Foundation

struct DeltaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delta",
        abstract: "Bytes of deltas and compressed images, beside xz and detools; all are decoded again.",
        discussion: "Ends with 1 if a goal is missed or an image does not come out right."
    )

    @Option(help: "The folder with firmware, as Tools/firmware prints it.")
    var corpus: String

    @Option(help: "The program detools.")
    var detools = ".venv/bin/detools"

    @Flag(help: "Without detools and xz.")
    var alone = false

    func run() throws {
        let field = DeltaField(corpus: URL(filePath: corpus), detools: alone ? nil : URL(filePath: detools))
        var isGood = true
        let parts: [() throws -> DeltaTable] = [field.pairs, field.images, field.variants, field.signed, field.large]
        for (index, part) in parts.enumerated() {
            let table = try part()
            isGood = isGood && table.isGood
            if index > 0 { print() }
            print(table.markdown)
        }
        if !isGood { throw ExitCode(1) }
    }
}
