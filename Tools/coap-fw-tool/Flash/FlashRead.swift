import ArgumentParser
import Bootloader
import FlashEmulator
import HostSupport

extension Slot: ExpressibleByArgument {
    /// `primary` or `secondary`.
    public init?(argument: String) {
        guard let slot = Slot.allCases.first(where: { $0.rawValue == argument }) else { return nil }
        self = slot
    }

    /// For the help.
    public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

struct FlashRead: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Reads a slot out of a flash, image and trailer, byte for byte as a debugger would of a device."
    )

    @Option(help: "The flash file.")
    var flash: String

    @Option(help: "Which slot.")
    var slot: Slot

    @Option(help: "The file to make. Never overwritten.")
    var out: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        try Console.run(json: json) {
            let file: FlashFile
            do throws(FlashFileError) {
                file = try FlashFile.open(path: flash, access: .readOnly)
            } catch {
                throw Failure(error)
            }
            let area = file.map.area(of: slot)
            try NewFile.write(Array(file.contents[Int(area.offset)..<Int(area.end)]), to: out)
            Console.answer(
                json: json,
                [
                    "result": "read", "slot": JSONValue(slot.rawValue), "path": JSONValue(out),
                    "size": JSONValue(area.sizeBytes),
                ],
                "\(slot.rawValue): \(out), \(area.sizeBytes) bytes"
            )
        }
    }
}
