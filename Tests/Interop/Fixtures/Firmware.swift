import Foundation

/// Real firmware, from where Tools/firmware finds it.
enum Firmware {
    /// Two releases of GreatFET's firmware, 118 968 bytes each.
    static func greatfet2025() throws -> Data { try image("greatfet/2025.0.0.bin") }
    static func greatfet2026() throws -> Data { try image("greatfet/2026.0.0.bin") }

    private static func image(_ name: String) throws -> Data {
        try Data(contentsOf: folder.get().appendingPathComponent(name))
    }

    private static let folder = Result {
        let script = Programs.package.appendingPathComponent("Tools/firmware")
        let result = try RunningProgram.run(script, [], within: 300)
        guard result.succeeded else { throw ProgramError("Tools/firmware: \(result)") }
        return URL(fileURLWithPath: result.text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
