import Foundation
import Testing

/// A release is there whole or not at all, whenever `release` is killed.
@Suite(.timeLimit(.minutes(15))) struct ReleaseKilledTests {
    /// Killed when the first trace of the release shows in the folder, and so many milliseconds after that.
    @Test func killedAtAnyMoment() throws {
        let workshop = try Workshop.withRelease()
        // So much that writing takes its time.
        try workshop.write((0..<24_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }, to: "app.bin")
        var killed = 0
        for (round, milliseconds) in [0, 1, 2, 4, 8, 16, 32, 64].enumerated() {
            let version = "2.0.\(round)"
            let before = try names(workshop)
            let arguments = ["--pid", "7", "--version", version, "--binary", "app.bin", "--key", "signing"]
            let program = try RunningProgram(
                "coap-fw-tool",
                ["release"] + arguments + ["--images", "Images"],
                in: workshop
            )
            try #require(try waitUntil { try !program.isRunning || names(workshop) != before })
            poll(nil, 0, Int32(milliseconds))
            program.signal(SIGKILL)
            let end = try #require(try program.result())
            killed += end.exited ? 0 : 1
            if workshop.exists("Images/7/\(version)") {
                let path = "Images/7/\(version)/firmware.bin"
                let verified = try workshop.tool("image", "verify", path, "--key", "signing.pub")
                #expect(verified.status == 0, "after \(milliseconds) ms: \(verified)")
                #expect(workshop.exists("Images/7/\(version)/firmware.sha256"))
            } else {
                #expect(!end.exited || end.status != 0)
            }
        }
        // Whatever is left behind is in nobody's way.
        #expect(killed > 0)
        let next = try workshop.release("2.1.0")
        #expect(next.status == 0, "\(next)")
        let list = try workshop.tool("releases", "list", "--images", "Images")
        #expect(list.status == 0 && !list.output.contains("staging"), "\(list)")
    }

    private func names(_ workshop: Workshop) throws -> Set<String> {
        var names = Set<String>()
        for folder in ["Images", "Images/7"] {
            let path = "\(workshop.path)/\(folder)"
            names.formUnion(try FileManager.default.contentsOfDirectory(atPath: path).map { "\(folder)/\($0)" })
        }
        return names
    }
}
