import Dispatch
import Endpoint
import Glibc
import HostSupport
import UDPSockets

/// A UDP socket with an endpoint, served by a thread of its own.
final class EndpointSocket: Sendable {
    private static let bufferBytes = 4 << 20

    /// As it was asked for, with the port that it has.
    let address: HostPort
    private let mailbox: EndpointMailbox
    private let ended = DispatchSemaphore(value: 0)

    /// Binds a socket and begins to serve.
    /// - Throws: `.addressInUse`, `.cannotListen`, `.setUp`.
    init(
        _ asked: HostPort,
        sharesPort: Bool,
        makeLoop: (UDPSocket, EndpointMailbox) throws -> EndpointLoop
    ) throws(FirmwareServiceError) {
        let socket = try Self.bind(asked, sharesPort: sharesPort)
        mailbox = try EndpointMailbox()
        address = HostPort(host: asked.host, port: Int(socket.port))
        // Only the thread has it from here on.
        nonisolated(unsafe) let loop: EndpointLoop
        do {
            loop = try makeLoop(socket, mailbox)
        } catch {
            throw .setUp("GnuTLS: \(error)")
        }
        let ended = ended
        let failure = SystemThread.start {
            loop.run()
            ended.signal()
        }
        if let failure { throw .setUp("no thread: \(failure)") }
    }

    /// A socket on an address, for as long as it is kept.
    static func bind(_ asked: HostPort, sharesPort: Bool) throws(FirmwareServiceError) -> UDPSocket {
        let address = try asked.resolve()
        do {
            return try UDPSocket(
                bindingTo: address,
                port: UInt16(truncatingIfNeeded: asked.port),
                sharesPort: sharesPort,
                reportsLocalAddress: address.isWildcard,
                bufferBytes: bufferBytes
            )
        } catch  where error.code == EADDRINUSE {
            throw .addressInUse(asked)
        } catch {
            throw .cannotListen(asked, reason: FileFailure.reason(error.code))
        }
    }

    /// Has the endpoint do something.
    func perform(_ command: EndpointCommand) {
        mailbox.post(command)
    }

    /// Says goodbye to all peers and waits for the end.
    func stop() {
        mailbox.post(.stop)
        ended.wait()
        // For whoever asks again.
        ended.signal()
    }
}
