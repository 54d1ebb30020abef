import Glibc
import HostSupport

/// What is piped into a command.
enum StandardInput {
    /// Reads to the end.
    static func read(limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = part.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(.inputOutput, "standard input: \(FileFailure.reason(errno)); pipe or redirect something")
            }
            if count == 0 { return bytes }
            bytes += part[..<count]
            guard bytes.count <= limit else { throw Failure(.refusedData, "standard input: more than \(limit) bytes") }
        }
    }
}
