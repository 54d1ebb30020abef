import Credentials
import HostSupport

/// Finds one identity's key in a file of pre-shared keys, with the same checks as the server's: who may read it, and
/// that every line of it makes sense.
enum PreSharedKeyFile {
    /// The key of an identity.
    ///
    /// - Throws: `Failure`, one line that names the file.
    static func key(of name: String, path: String) throws(Failure) -> [UInt8] {
        let keys: [PSKIdentity: PreSharedKey]
        do {
            keys = try PSKFile.read(path).keys
        } catch {
            let advice =
                if case .file(let failure) = error { "; \(failure.advice), or name another by --psk" } else { "" }
            throw .configuration("\(error)\(advice)")
        }
        guard let identity = PSKIdentity(name), let key = keys[identity] else {
            throw .configuration(
                "\(path): no key for identity \(name); add one with: coap-fw-tool psk add \(name) --psk \(path)"
            )
        }
        return key.withBytes { Array($0) }
    }
}
