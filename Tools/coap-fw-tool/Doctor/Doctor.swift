import ArgumentParser
import CCoAP
import Credentials
import FirmwareImage
import HostSupport

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks a deployed server from the outside, as a device meets it, through libcoap.",
        discussion: """
            One line per check, ok or FAILED with what to do. The current image is downloaded, one block after the \
            other, and verified. Exit codes: 0 all ok, 65 an image that no device would take, 69 no server there or no \
            such product, 76 a server that answers wrongly, 77 identity or product refused, 78 no key for the identity.
            """
    )

    @Argument(help: ArgumentHelp("The server, coaps://HOST[:PORT], or coap://HOST[:PORT].", valueName: "server"))
    var server: String

    @Option(help: "The product that the identity may read, 0…65535.")
    var pid: UInt16

    @Option(help: "The identity to check with. Needed for coaps.")
    var identity: IdentityArgument?

    @Option(help: "The key file that has the identity's key. Needed for coaps.")
    var psk: String?

    @Option(help: "A public key (PEM); may be given up to four times: one of them must have signed the image.")
    var key: [String] = []

    @Option(help: "Seconds for all checks together, 1…3600.")
    var timeout: Int = 30

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard let address = ServerAddress(server) else {
            throw ValidationError("\(server) is no server; write coaps://HOST or coaps://HOST:PORT")
        }
        if address.isSecure, identity == nil { throw ValidationError("--identity is needed for coaps") }
        if address.isSecure, psk == nil { throw ValidationError("--psk is needed for coaps") }
        guard key.count <= TrustAnchors.capacity else {
            throw ValidationError("--key may be given \(TrustAnchors.capacity) times at most")
        }
        guard (1...3600).contains(timeout) else { throw ValidationError("--timeout takes 1…3600 seconds") }
    }

    func run() throws {
        var checks: [Examination.Check] = []
        do {
            checks = try examine()
        } catch {
            try Console.run(json: json) { throw error }
        }
        let failed = checks.filter { $0.failure != nil }
        let failure = failed.first?.failure.map {
            Failure(
                $0.status,
                "\(failed.count) of the checks of \(ServerAddress(server)?.endpoint.description ?? "") failed"
            )
        }
        if let failure { Console.report(failure.message) }
        if json {
            var object = JSONObject()
            object.set("result", failure == nil ? "ok" : "failed")
            object.set("checks", value: .array(checks.map { $0.object.value }))
            object.set("error", failure?.message)
            Console.say(object.text, failing: failure)
        }
        if let failure { throw ExitCode(failure.status.rawValue) }
    }

    private func examine() throws(Failure) -> [Examination.Check] {
        guard let address = ServerAddress(server) else { return [] }
        guard let resolved = address.resolved() else {
            throw Failure(.unavailable, "\(address.host) has no address; check the name and the network")
        }
        var anchors: [TrustAnchor] = []
        for path in key { anchors.append(try TrustedKey.read(path)) }
        var examination = Examination(
            server: address,
            address: resolved,
            credentials: address.isSecure ? try credentials() : nil,
            productID: pid,
            anchors: anchors,
            deadline: Deadline(in: .seconds(timeout)),
            isSilent: json
        )
        return examination.run()
    }

    private func credentials() throws(Failure) -> Examination.Credentials? {
        guard let identity = identity?.identity, let psk else { return nil }
        let entries: [CredentialEditor.Entry]
        do {
            entries = try CredentialEditor(path: psk).list()
        } catch {
            throw Failure(error)
        }
        guard let entry = entries.first(where: { $0.identity == identity }) else {
            throw Failure(
                .configuration,
                "there is no key for \(identity) in \(psk); add one with: coap-fw-tool psk add"
            )
        }
        return Examination.Credentials(identity: identity, key: entry.key)
    }
}
