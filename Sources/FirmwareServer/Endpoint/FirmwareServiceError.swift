import Credentials
import HostSupport

/// Why a service could not start. Each says in one line what happened, where, and what to do.
public enum FirmwareServiceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The images folder cannot be listed.
    case images(FileFailure)
    /// The credential files cannot be used.
    case credentials(CredentialStoreError)
    /// Another process has the address.
    case addressInUse(HostPort)
    /// The address cannot be listened on.
    case cannotListen(HostPort, reason: String)
    /// GnuTLS or the event loops could not be set up.
    case setUp(String)

    /// One line for a person.
    public var description: String {
        switch self {
        case .images(let failure):
            failure.isNotFound
                ? "\(failure); make the folder, or name another with --images"
                : "\(failure); make it readable for the server"
        case .credentials(.file(let failure)) where failure.isNotFound:
            "\(failure); add a first identity with: coap-fw-tool psk add IDENTITY --psk \(failure.path)"
        case .credentials(.file(let failure)):
            "\(failure); it must be readable for the server and nobody else: chmod 600 \(failure.path)"
        case .credentials(let error):
            "\(error)"
        case .addressInUse(let address):
            "\(address) is in use; stop the other server, or listen elsewhere with --listen HOST:PORT"
        case .cannotListen(let address, let reason):
            "cannot listen on \(address): \(reason); choose another with --listen HOST:PORT"
        case .setUp(let reason):
            "cannot start: \(reason)"
        }
    }
}
