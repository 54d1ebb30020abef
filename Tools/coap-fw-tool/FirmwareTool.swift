import ArgumentParser
import CommandSupport

@main
struct FirmwareTool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-tool",
        abstract: "Provisions devices, signs and publishes firmware, checks servers.",
        discussion: """
            Exit codes follow sysexits: 0 done, 64 usage, 65 refused data, 66 input file missing, 69 server \
            unreachable, 73 cannot create (exists already), 74 input/output error, 76 wrong answers, 77 not \
            permitted, 78 configuration.

            With --version alone, it prints its version.
            """,
        subcommands: [PSK.self, Key.self, Image.self, Flash.self, Release.self, Releases.self, Doctor.self]
    )

    static func main() {
        runProgram()
    }
}
