import Endpoint
import HostSupport
import UDPSockets

/// Opens the sockets of a service and puts an endpoint on each.
struct SocketOpener {
    struct Opened {
        var sockets: [EndpointSocket] = []
        /// As they were asked for, with the ports that they have.
        var secure: [HostPort] = []
        var plain: [HostPort] = []
    }

    let configuration: FirmwareService.Configuration
    let content: ServedContent
    let statistics: EndpointStatistics
    let log: EndpointLog

    /// Opens a socket for each address and thread for DTLS, and one for each address for plain CoAP.
    /// - Throws: what was wrong with which address; sockets opened before are closed.
    func open(threads: Int) throws(FirmwareServiceError) -> Opened {
        var opened = Opened()
        do {
            for address in configuration.listen {
                opened.secure.append(try openSecure(address, threads: threads, &opened.sockets))
            }
            for address in configuration.listenPlain {
                let socket = try open(address, .plain, sharesPort: false, index: opened.sockets.count)
                opened.sockets.append(socket)
                opened.plain.append(socket.address)
            }
            return opened
        } catch {
            for socket in opened.sockets { socket.stop() }
            throw error
        }
    }

    private func openSecure(
        _ asked: HostPort,
        threads: Int,
        _ sockets: inout [EndpointSocket]
    ) throws(FirmwareServiceError) -> HostPort {
        var address = asked
        if threads > 1 {
            // Sockets that share a port would also share it with another server's: see first whether it is free.
            address = HostPort(host: asked.host, port: Int(try EndpointSocket.bind(asked, sharesPort: false).port))
        }
        let (configuration, content) = (configuration, content)
        for _ in 0..<threads {
            let transport = ServerEndpoint.Transport.secure(
                configuration.dtls,
                keys: { content.key($0) },
                previousKeys: { content.previousKey($0) }
            )
            let socket = try open(address, transport, sharesPort: threads > 1, index: sockets.count)
            sockets.append(socket)
            address = socket.address
        }
        return address
    }

    private func open(
        _ address: HostPort,
        _ transport: ServerEndpoint.Transport,
        sharesPort: Bool,
        index: Int
    ) throws(FirmwareServiceError) -> EndpointSocket {
        try EndpointSocket(address, sharesPort: sharesPort) { socket, mailbox in
            content.loader.store.whenFetched { mailbox.post(.fetched) }
            return EndpointLoop(
                try ServerEndpoint(transport, limits: configuration.limits),
                socket: socket,
                mailbox: mailbox,
                resources: ResourceReader(content.published),
                log: log,
                statistics: statistics,
                index: index
            )
        }
    }
}
