import Foundation
import Testing

/// Flash files of every bad kind: no program falls over one, what is wrong is said, and an image that is whole boots.
@Suite(.timeLimit(.minutes(15))) struct HostileFlashTests {
    /// What `docs/commands.md` says that the programs end with.
    private static let clientCodes: Set<Int32> = [0, 65, 75, 78]
    private static let toolCodes: Set<Int32> = [0, 65, 66, 69, 73, 74, 77]

    private static let commands = [
        ["status"], ["status", "--json"], ["reboot"], ["reboot", "--json"], ["confirm", "--json"],
        ["rotate", "--rotation", "order", "--json"],
    ]

    /// Made once, as every case begins with them.
    private static let device = Result {
        let workshop = try Workshop.withDevice()
        return try ["good.flash", "order", "app.bin"].map { (name: $0, bytes: try workshop.bytes($0)) }
    }

    @Test(arguments: HostileFlash.all) func clientAndTool(_ hostile: HostileFlash) throws {
        let workshop = try Workshop()
        for (name, bytes) in try Self.device.get() { try workshop.write(bytes, to: name) }
        let good = FlashBytes(bytes: try workshop.bytes("good.flash"))
        for command in Self.commands {
            try? FileManager.default.removeItem(atPath: "\(workshop.path)/h.flash")
            try hostile.make(workshop, good)
            let result = try workshop.run(command + ["--flash", "h.flash"], of: "coap-fw-client")
            try check(result, command, hostile)
            guard case .boots = hostile.verdict else { continue }
            // Whatever the command did: the image still boots.
            let boot = try workshop.client("reboot", "--flash", "h.flash", "--json")
            #expect(boot.status == 0, "\(command): \(boot.errors)")
            #expect(try boot.json()["version"] as? String == "1.0.0")
        }
        try? FileManager.default.removeItem(atPath: "\(workshop.path)/h.flash")
        try hostile.make(workshop, good)
        for command in [["dump", "--svg", "o.svg"], ["read", "--slot", "primary", "--out", "o.bin"]] {
            let result = try workshop.run(["flash"] + command + ["--flash", "h.flash"])
            #expect(result.exited && Self.toolCodes.contains(result.status), "\(command): \(result)")
            guard case .refused(let text) = hostile.verdict else {
                #expect(result.status == 0, "\(command): \(result.errors)")
                continue
            }
            #expect(result.status != 0)
            #expect(result.errors.hasPrefix("coap-fw-tool: h.flash: \(text)"), "\(command): \(result.errors)")
            #expect(!workshop.exists("o.svg") && !workshop.exists("o.bin"))
        }
    }

    private func check(_ result: ToolResult, _ command: [String], _ hostile: HostileFlash) throws {
        #expect(result.exited && Self.clientCodes.contains(result.status), "\(command): \(result)")
        let isJSON = command.contains("--json")
        let object = isJSON ? try result.json() : [:]
        if result.status != 0 {
            #expect(result.errors.hasPrefix("coap-fw-client: h.flash: "), "\(command): \(result.errors)")
            #expect(result.errors.contains("; "), "what to do: \(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1)
            if isJSON {
                #expect(object["result"] as? String == "failed")
                #expect("coap-fw-client: \(object["error"] as? String ?? "")\n" == result.errors)
            } else {
                #expect(result.output.isEmpty)
            }
        }
        switch hostile.verdict {
        case .refused(let text):
            #expect(result.status == 78)
            #expect(result.errors.hasPrefix("coap-fw-client: h.flash: \(text)"), "\(command): \(result.errors)")
        case .boots:
            guard command[0] == "status" || command[0] == "reboot" else { return }
            #expect(result.status == 0, "\(command): \(result.errors)")
            if command[0] == "status", isJSON { #expect(object["next_boot"] as? String == "none") }
            if command[0] == "reboot", isJSON { #expect(object["version"] as? String == "1.0.0") }
        case .bootsNothing(let code, let text):
            if command[0] == "status" {
                #expect(result.status == 0)
                if isJSON { #expect(object["next_boot"] as? String == "nothing") }
                if !isJSON { #expect(result.output.contains("next boot  no bootable image"), "\(result.output)") }
            } else if command[0] == "reboot" {
                #expect(result.status == code)
                #expect(result.errors.contains(text), "\(result.errors)")
            }
        }
    }

    /// Who may not read the file is told so; nobody is told that it is no flash file.
    @Test func unreadable() throws {
        let workshop = try Workshop.withDevice()
        try workshop.write(workshop.bytes("good.flash"), to: "h.flash", mode: 0)
        // To root everything is readable.
        let nobody = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        for command in Self.commands {
            let result = try workshop.run(command + ["--flash", "h.flash"], of: "coap-fw-client", under: nobody)
            #expect(result.exited && result.status == 78, "\(command): \(result)")
            let text = command[0] == "status" ? "not readable; change" : "not writable; change"
            #expect(result.errors.hasPrefix("coap-fw-client: h.flash: \(text)"), "\(command): \(result.errors)")
        }
        let dump = try workshop.run(["flash", "dump", "--flash", "h.flash", "--svg", "o.svg"], under: nobody)
        #expect(dump.status == 77 && dump.errors.contains("not readable; change"), "\(dump)")
    }

    @Test func inUse() throws {
        let workshop = try Workshop.withDevice()
        try workshop.write(workshop.bytes("good.flash"), to: "h.flash")
        let descriptor = open("\(workshop.path)/h.flash", O_RDONLY)
        try #require(flock(descriptor, LOCK_EX) == 0)
        for command in Self.commands {
            let result = try workshop.run(command + ["--flash", "h.flash"], of: "coap-fw-client")
            #expect(result.exited && result.status == 75, "\(command): \(result)")
            #expect(result.errors.hasPrefix("coap-fw-client: h.flash: in use by another process; wait"))
        }
        let dump = try workshop.tool("flash", "dump", "--flash", "h.flash", "--svg", "o.svg")
        #expect(dump.status == 75 && dump.errors.contains("in use by another process; wait"), "\(dump)")
        close(descriptor)
        #expect(try workshop.client("reboot", "--flash", "h.flash").status == 0)
    }

    @Test func noName() throws {
        let workshop = try Workshop()
        #expect(try workshop.client("status", "--flash", "").status == 64)
    }
}
