import ArgumentParser
import Foundation
import PowerFail

struct MutantsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutants",
        abstract:
            "Copies the sources with deliberate faults, each behind a condition. See Tools/bench power --mutants."
    )

    @Option(help: "The package to copy.")
    var package = "."

    @Option(help: "The folder for the copy. What is the same there already stays untouched.")
    var to: String

    /// What the build of the mutants is made of.
    private static let parts = [
        "Package.swift", "Sources/CoAP", "Sources/SeededRandom", "Sources/Flash", "Sources/FirmwareImage",
        "Sources/Bootloader", "Sources/Manifest", "Sources/Payload", "Sources/UpdateClient", "Sources/FlashEmulator",
        "Sources/PowerFail",
        "Tools/mutant-check", "Tests/BootloaderTests",
    ]
    /// Needs what the build of the mutants has not: a cryptographic library and real firmware.
    private static let leftOut = "Tests/BootloaderTests/Boot/CorpusTests.swift"

    func run() throws {
        var files = try Self.parts.reduce(into: [String: String]()) { files, part in
            for path in try paths(of: part) where path != Self.leftOut {
                files[path] = try String(contentsOfFile: "\(package)/\(path)", encoding: .utf8)
            }
        }
        let originals = files
        for (index, mutant) in Mutant.all.enumerated() {
            let path = "Sources/\(mutant.file)"
            guard let original = originals[path], var text = files[path] else { throw Failure.file(mutant.name, path) }
            for edit in mutant.edits {
                let on = "(activeMutant == \(index + 1))"
                // Of several faults in one place each finds what the ones before it made of it.
                guard Self.count(of: edit.original, in: original) == 1, text.contains(edit.original) else {
                    throw Failure.text(mutant.name, path, edit.original)
                }
                text = text.replacingOccurrences(
                    of: edit.original,
                    with: edit.replacement.replacingOccurrences(of: "$ON", with: on)
                )
            }
            if !text.contains("import Flash\n"), !path.hasPrefix("Sources/Flash/") {
                text = "import Flash\n" + text
            }
            files[path] = text
        }
        files["Sources/Flash/ActiveMutant.swift"] = """
            import Glibc

            /// The number of the fault that is on; 0: none. Set while nothing else runs.
            package nonisolated(unsafe) var activeMutant =
                getenv("ACTIVE_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0

            """
        for (path, text) in files { try write(text, to: "\(to)/\(path)") }
        try removeOthers(files)
    }

    private func paths(of part: String) throws -> [String] {
        guard !part.hasSuffix(".swift") else { return [part] }
        guard let names = FileManager.default.enumerator(atPath: "\(package)/\(part)") else { return [] }
        return names.compactMap { ($0 as? String).map { "\(part)/\($0)" } }.filter { $0.hasSuffix(".swift") }
    }

    private func write(_ text: String, to path: String) throws {
        guard (try? String(contentsOfFile: path, encoding: .utf8)) != text else { return }
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func removeOthers(_ files: [String: String]) throws {
        guard let names = FileManager.default.enumerator(atPath: to) else { return }
        for case let name as String in names where name.hasSuffix(".swift") && files[name] == nil {
            try FileManager.default.removeItem(atPath: "\(to)/\(name)")
        }
    }

    private static func count(of part: String, in text: String) -> Int {
        text.components(separatedBy: part).count - 1
    }

    private enum Failure: Error, CustomStringConvertible {
        case file(String, String)
        case text(String, String, String)

        var description: String {
            switch self {
            case .file(let name, let path): "'\(name)': there is no \(path)"
            case .text(let name, let path, let text): "'\(name)': not found once in \(path) any more:\n\(text)"
            }
        }
    }
}
