import ArgumentParser
import CommandSupport
import HostSupport

@main
struct Client: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-client",
        abstract: "An emulated device that updates its firmware over CoAP and DTLS with pre-shared keys.",
        discussion: """
            The device is a flash file that coap-fw-tool flash create makes. An update that was interrupted resumes \
            from the blocks in flash when it is run again.

            Exit codes: 0 done or up to date, 64 usage, 65 refused image, 69 server unreachable or product unknown, \
            74 standard output lost, 75 interrupted but resumable, 77 not authorised, 78 configuration.
            """,
        version: ProgramVersion.text,
        subcommands: [
            UpdateCommand.self, RunCommand.self, StatusCommand.self, RebootCommand.self, ConfirmCommand.self,
            RotateCommand.self,
        ]
    )

    static func main() {
        // Before the file of options is opened.
        StandardStreams.prepare()
        do throws(Failure) {
            runProgram(try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst())))
        } catch {
            Console.report(error.message)
            Self.exit(withError: ExitCode(error.status.rawValue))
        }
    }
}
