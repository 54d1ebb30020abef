import Credentials
import Glibc
import HostSupport
import Synchronization

/// What the service tells an endpoint.
enum EndpointCommand: Sendable {
    case revoke(Set<PSKIdentity>)
    /// Bytes of payloads have come that requests may wait for.
    case fetched
    /// Say goodbye to all peers, and end.
    case stop
}

/// Commands for the thread of an endpoint, which waits for them and for its socket at once.
final class EndpointMailbox: Sendable {
    private let commands = Mutex<[EndpointCommand]>([])
    /// A pipe with a byte in it while there are commands.
    private let reading: Int32
    private let writing: Int32

    /// - Throws: `.setUp` if there is no descriptor left.
    init() throws(FirmwareServiceError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .setUp(FileFailure.reason(errno)) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    func post(_ command: EndpointCommand) {
        let isFirst = commands.withLock { commands in
            if case .fetched = command, case .fetched? = commands.last { return false }
            defer { commands.append(command) }
            return commands.isEmpty
        }
        if isFirst { _ = write(writing, "!", 1) }
    }

    /// Waits until there are commands, something has happened to the socket, or the time is over; nil: no end.
    func wait(for socket: Int32, atMost limit: Duration?) -> [EndpointCommand] {
        var waiting = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: reading, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&waiting, 2, limit.map { Self.milliseconds($0) } ?? -1)
        guard count > 0, waiting[1].revents != 0 else { return [] }
        var byte: UInt8 = 0
        // Taken before the commands: one that is posted in between writes another.
        _ = read(reading, &byte, 1)
        return commands.withLock { commands in
            defer { commands = [] }
            return commands
        }
    }

    /// Rounded up, so that what is waited for is due then.
    private static func milliseconds(_ limit: Duration) -> Int32 {
        let (seconds, attoseconds) = min(max(limit, .zero), .seconds(86_400)).components
        return Int32(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
