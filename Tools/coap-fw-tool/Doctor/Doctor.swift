import ArgumentParser
import CCoAP
import Credentials
import HostSupport

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks a deployed server from the outside, as a device meets it, through libcoap.",
        discussion: """
            One line per check, ok or FAILED with what to do. Exit codes: 0 all ok, 69 no server there or no such \
            product, 76 a server that answers wrongly, 77 identity or product refused, 78 no key for the identity.
            """
    )

    @Argument(help: ArgumentHelp("The server, coaps://HOST[:PORT].", valueName: "server"))
    var server: String

    @Option(help: "The product that the identity may read.")
    var pid: UInt16

    @Option(help: "The identity to check with.")
    var identity: IdentityArgument

    @Option(help: "The key file that has the identity's key.")
    var psk: String

    @Option(help: "Seconds for all checks together.")
    var timeout: Int = 30

    func validate() throws {
        guard ServerAddress(server)?.isSecure == true else {
            throw ValidationError("\(server) is no server; write coaps://HOST or coaps://HOST:PORT")
        }
        guard (1...3600).contains(timeout) else { throw ValidationError("--timeout takes 1…3600 seconds") }
    }

    func run() throws {
        try Console.run {
            guard let address = ServerAddress(server) else { return }
            guard let resolved = address.resolved() else {
                throw Failure(.unavailable, "\(address.host) has no address; check the name and the network")
            }
            let examination = Examination(
                server: address,
                address: resolved,
                identity: identity.identity,
                key: try key(),
                productID: pid,
                deadline: Deadline(in: .seconds(timeout))
            )
            let failures = examination.run()
            guard let worst = failures.first else { return }
            throw Failure(worst, "\(failures.count) of the checks of \(address.endpoint) failed")
        }
    }

    private func key() throws(Failure) -> PreSharedKey {
        let entries: [CredentialEditor.Entry]
        do {
            entries = try CredentialEditor(path: psk).list()
        } catch {
            throw Failure(error)
        }
        guard let entry = entries.first(where: { $0.identity == identity.identity }) else {
            throw Failure(
                .configuration,
                "there is no key for \(identity.identity) in \(psk); add one with: coap-fw-tool psk add"
            )
        }
        return entry.key
    }
}
