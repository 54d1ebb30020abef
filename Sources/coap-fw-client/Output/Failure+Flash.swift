import FlashEmulator
import Glibc
import HostSupport

extension Failure {
    static func configuration(_ message: String) -> Failure { Failure(.configuration, message) }

    init(_ error: FlashFileError) {
        if case .locked = error {
            self.init(.interrupted, error.description)
        } else {
            self.init(.configuration, error.description)
        }
    }

    /// What the system says of the last call that failed.
    static func systemError(_ code: Int32 = errno) -> String {
        String(cString: strerror(code)).lowercased()
    }
}
