import Foundation
import Testing

/// SIGKILL at any moment while a flash file is written, and disks and limits that stop the writing: the file stays
/// good.
@Suite(.timeLimit(.minutes(15))) struct KilledTests {
    /// `SEED=… Tools/test --filter KilledTests` plays other moments, as far as the machine's own timing lets it.
    private static let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? 1

    /// A device, a server with a newer release, and the arguments of what a device does.
    private final class Field {
        let workshop: Workshop
        let server: RunningServer
        private(set) var latest = 0

        init() throws {
            workshop = try Workshop.withDevice()
            try #require(try workshop.tool("psk", "add", "dev-1", "--pid", "7", "--psk", "k.psk").status == 0)
            server = try RunningServer(workshop)
            try publish()
        }

        /// Releases the next version.
        func publish() throws {
            latest += 1
            try workshop.write((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* (7 + latest)) }, to: "app.bin")
            let released = try workshop.release("1.\(latest).0")
            try #require(released.status == 0, "\(released.errors)")
            server.reload()
        }

        func arguments(_ command: String) -> [String] {
            let own =
                command == "update"
                ? [
                    "--server", server.url, "--pid", "7", "--identity", "dev-1", "--psk", "k.psk",
                    "--retry",
                ]
                : []
            return [command, "--flash", "good.flash", "--json"] + own
        }

        func client(_ command: String, under wrapper: [String] = []) throws -> ToolResult {
            try workshop.run(arguments(command), of: "coap-fw-client", under: wrapper)
        }

        /// Does what an owner would until the latest version runs for good.
        func bringUpToDate(_ context: String) throws {
            for _ in 0..<8 {
                let boot = try client("reboot")
                try #require(boot.status == 0, "\(context): \(boot.errors)")
                let confirmed = try client("confirm")
                try #require(confirmed.status == 0, "\(context): \(confirmed.errors)")
                let update = try client("update")
                try #require(update.status == 0, "\(context): \(update.output)\(update.errors)")
                let version = try boot.json()["version"] as? String
                if version == "1.\(latest).0", try update.json()["result"] as? String == "up-to-date" { return }
                // The server looks for new releases once a second, should the signal have come too early.
                server.reload()
            }
            Issue.record("\(context): 1.\(latest).0 does not come to run")
        }
    }

    @Test func killedAgainAndAgain() throws {
        let field = try Field()
        var state = Self.seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        // Microseconds until the kill, at most; follows what each command needs here.
        var spans = ["update": 60_000, "reboot": 60_000, "confirm": 15_000]
        var kills: [String: Int] = [:]
        for round in 0..<60 {
            let command = ["update", "reboot", "reboot", "confirm"][random(4)]
            let span = spans[command, default: 0]
            let result = try field.workshop.run(
                field.arguments(command),
                of: "coap-fw-client",
                killedAfter: .microseconds(random(span))
            )
            let context = "seed \(Self.seed) round \(round) \(command)"
            if result.exited {
                spans[command] = max(5000, span * 9 / 10)
                // Refusals that the moment brings: on trial, in the middle of a swap.
                #expect(result.status == 0 || result.status == 75, "\(context): \(result)")
            } else {
                spans[command] = span * 21 / 20
                kills[command, default: 0] += 1
            }
            let status = try field.client("status")
            try #require(status.status == 0, "\(context): \(status.errors)")
            let object = try status.json()
            try #require(object["next_boot"] as? String != "nothing", "\(context): \(status.output)")
            if round % 20 == 19 {
                try field.bringUpToDate(context)
                try field.publish()
            }
        }
        for command in ["update", "reboot", "confirm"] { #expect(kills[command, default: 0] > 0, "\(kills)") }
        try field.bringUpToDate("seed \(Self.seed), at the end")
    }

    /// A limit of the file size stops the writes behind it, as a disk that is full does: the error says so, and when
    /// there is room again all goes on.
    @Test(arguments: [8, 24, 56]) func noRoom(kibibytes: Int) throws {
        let field = try Field()
        let limited = ["/bin/bash", "-c", "ulimit -f \(kibibytes); exec \"$0\" \"$@\""]
        var stopped = 0
        for command in ["update", "update", "reboot", "confirm", "reboot"] {
            let result = try field.client(command, under: limited)
            #expect(result.exited && [0, 75].contains(result.status), "\(command): \(result)")
            if result.status != 0, result.errors.contains("raise the limit") {
                stopped += 1
                #expect(result.errors.contains("good.flash: file too large; raise the limit of the file size"))
                #expect(try result.json()["error"] as? String != nil)
            }
            let status = try field.client("status")
            #expect(status.status == 0, "\(command): \(status.errors)")
            #expect(try status.json()["next_boot"] as? String != "nothing", "\(command): \(status.output)")
        }
        #expect(stopped > 0)
        try field.bringUpToDate("\(kibibytes) KiB")
    }

    /// A new flash is there whole, with keys and image, or not at all.
    @Test func killedWhileAFlashIsMade() throws {
        let workshop = try Workshop.withDevice()
        let image = ["--trust", "signing.pub", "--image", "Images/7/1.0.0/firmware.bin"]
        var span = 60_000
        var state = Self.seed
        var made = 0
        for round in 0..<40 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let name = "new-\(round).flash"
            let result = try workshop.run(
                ["flash", "create", "--flash", name] + image,
                killedAfter: .microseconds(Int(state >> 33) % span)
            )
            span = result.exited ? max(5000, span * 9 / 10) : span * 21 / 20
            guard workshop.exists(name) else {
                #expect(!result.exited, "seed \(Self.seed) round \(round): \(result)")
                continue
            }
            made += 1
            let status = try workshop.client("status", "--flash", name, "--json")
            #expect(try status.json()["next_boot"] as? String == "none", "seed \(Self.seed) round \(round): \(status)")
        }
        #expect(made > 0 && made < 40)
    }

    @Test func noRoomForANewFile() throws {
        let workshop = try Workshop.withDevice()
        let limited = ["/bin/bash", "-c", "ulimit -f 4; exec \"$0\" \"$@\""]
        let commands = [
            ["flash", "create", "--flash", "new", "--trust", "signing.pub"],
            ["flash", "read", "--flash", "good.flash", "--slot", "primary", "--out", "new"],
            ["flash", "dump", "--flash", "good.flash", "--svg", "new"],
        ]
        for command in commands {
            let result = try workshop.run(command, under: limited)
            #expect(result.exited && result.status == 74, "\(command): \(result)")
            #expect(result.errors.contains("new") && result.errors.contains("; "), "\(result.errors)")
            #expect(!workshop.exists("new"))
        }
        let full = try workshop.tool("flash", "dump", "--flash", "good.flash", "--svg", "/dev/full/x")
        #expect(full.status == 66 && full.errors.contains("is a file and no folder"), "\(full)")
    }
}
