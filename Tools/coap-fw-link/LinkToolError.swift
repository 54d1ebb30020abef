import HostSupport

/// What keeps the link from being there, in words for the person who started it.
enum LinkToolError: Error {
    case unknownHost(String)
    case cannotListen(String, reason: String)
    case cannotOpenSocket(reason: String)
    case cannotWriteStatistics(path: String, reason: String)

    var exitStatus: ExitStatus {
        switch self {
        case .unknownHost: .unknownHost
        case .cannotListen, .cannotOpenSocket: .unavailable
        case .cannotWriteStatistics: .cannotCreate
        }
    }
}

extension LinkToolError: CustomStringConvertible {
    var description: String {
        switch self {
        case .unknownHost(let host):
            "no address for the host \(host): check the name, or give its address"
        case .cannotListen(let endpoint, let reason):
            "cannot listen on \(endpoint): \(reason); choose another --listen, port 0 takes any free one"
        case .cannotOpenSocket(let reason):
            "cannot open a socket towards the server: \(reason)"
        case .cannotWriteStatistics(let path, let reason):
            "cannot write the statistics to \(path): \(reason); choose another --stats"
        }
    }
}
