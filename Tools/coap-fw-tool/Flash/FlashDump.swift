import ArgumentParser
import FlashEmulator
import HostSupport

struct FlashDump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Draws a flash: what is written where, the slots' trailers, and wear.",
        discussion: """
            Every sector is a cell, filled as far as it is written, with its erases below. Point at a cell for its \
            address. The flash is only read; a file of any content can be drawn as long as its header is whole.
            """
    )

    @Option(help: "The flash file.")
    var flash: String

    @Option(help: "Write the picture (SVG) to this file; it is replaced if it exists.")
    var svg: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let text = try FlashPicture(Self.read(flash)).text()
            do throws(FileFailure) {
                try AtomicFile.write(Array(text.utf8), to: svg, mode: 0o644)
            } catch {
                throw Failure(error)
            }
            Console.answer(json: json, ["result": "drawn", "path": JSONValue(svg)], "picture: \(svg)")
        }
    }

    private static func read(_ path: String) throws(Failure) -> FlashReading {
        do throws(FlashFileError) {
            var file = try FlashFile.open(path: path, access: .readOnly)
            return FlashReading(&file, path: path)
        } catch {
            throw Failure(error)
        }
    }
}
