import DTLS

/// What all peers of a secure endpoint share.
struct Security {
    let server: DTLSServer
    let gate: CookieGate

    init(
        _ configuration: DTLSConfiguration,
        keys: @escaping DTLSServer.KeyLookup,
        previousKeys: @escaping DTLSServer.KeyLookup
    ) throws(DTLSError) {
        server = try DTLSServer(configuration: configuration, previousLookup: previousKeys, lookup: keys)
        gate = try CookieGate(outgoing: server.outgoing)
    }
}
