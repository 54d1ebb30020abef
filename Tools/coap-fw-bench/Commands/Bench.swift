import ArgumentParser

@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coap-fw-bench",
        abstract: "Measures the parts of the firmware update that speed depends on.",
        subcommands: [TransferCommand.self, HandshakeCommand.self, PeersCommand.self, RecoveryCommand.self]
    )
}
