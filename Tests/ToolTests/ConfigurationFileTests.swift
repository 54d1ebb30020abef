import Foundation
import Testing

/// `--config`: options from a file.
@Suite(.timeLimit(.minutes(15))) struct ConfigurationFileTests {
    private let workshop: Workshop

    init() throws {
        workshop = try Workshop.withDevice()
        try FileManager.default.createDirectory(atPath: "\(workshop.path)/conf", withIntermediateDirectories: false)
    }

    private func write(_ text: String) throws {
        try workshop.write(Array(text.utf8), to: "conf/device.conf")
    }

    /// Spaces, quotes, comments, and paths from the file's own folder.
    @Test func linesAreOptions() throws {
        try write("# a device\r\n\n  flash=\"../good.flash\"  \n\tjson = true\nserver = coap://[::1]\npid = 7\n")
        let end = try workshop.client("status", "--config", "conf/device.conf")
        #expect(end.status == 0)
        #expect(try end.json()["result"] as? String == "status")
        try write("flash = \(workshop.path)/good.flash\njson = false\n")
        #expect(try workshop.client("status", "--config=conf/device.conf").output.hasPrefix("flash "))
    }

    @Test func theCommandLineWins() throws {
        try write("flash = nosuch.flash\n")
        #expect(try workshop.client("status", "--config", "conf/device.conf").status == 78)
        #expect(try workshop.client("status", "--config", "conf/device.conf", "--flash", "good.flash").status == 0)
        #expect(try workshop.client("status", "--flash", "good.flash", "--config", "conf/device.conf").status == 0)
    }

    @Test(
        arguments: [
            ("flash good.flash\n", "conf/device.conf:1: write NAME = VALUE"),
            ("pid = 7\ncolor = red\n", "conf/device.conf:2: there is no option color"),
            ("config = other\n", "conf/device.conf:1: there is no option config"),
            ("pid = 7\npid = 8\n", "conf/device.conf:2: pid is there twice"),
            ("json = maybe\n", "conf/device.conf:1: json: write true or false"),
        ]
    )
    func whatIsNoOptionIsNamed(text: String, message: String) throws {
        try write(text)
        let end = try workshop.client("status", "--config", "conf/device.conf")
        #expect(end.status == 78 && end.errors.hasPrefix("coap-fw-client: \(message)"), "\(end)")
    }

    @Test func whatIsNoFileOfOptionsIsNamed() throws {
        try workshop.write([0xFF, 0xFE], to: "bytes.conf")
        try workshop.write([UInt8](repeating: 0x23, count: 70_000), to: "large.conf")
        for (name, status) in [("nosuch.conf", Int32(66)), ("bytes.conf", 78), ("large.conf", 78), ("conf", 66)] {
            let end = try workshop.client("status", "--config", name)
            #expect(
                end.status == status && end.errors.hasPrefix("coap-fw-client: ") && end.errors.contains(name),
                "\(end)"
            )
        }
    }
}
