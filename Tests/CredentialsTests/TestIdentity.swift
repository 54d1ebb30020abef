import Credentials

enum TestIdentity {
    static func named(_ text: String) -> PSKIdentity {
        guard let identity = PSKIdentity(text) else { preconditionFailure("not an identity: \(text)") }
        return identity
    }
}
