import ArgumentParser
import CommandSupport

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-bench",
        abstract:
            "Measures the parts of the firmware update that speed depends on, and cuts the power in it everywhere.",
        subcommands: [
            TransferCommand.self, HandshakeCommand.self, PeersCommand.self, RecoveryCommand.self, PowerCommand.self,
            MutantsCommand.self, ServerCommand.self, HostileCommand.self, DeltaCommand.self,
        ]
    )

    static func main() async {
        await runProgram()
    }
}
