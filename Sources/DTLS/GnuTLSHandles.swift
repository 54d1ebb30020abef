import CGnuTLS

/// Owns a parsed priority string. Parsing is done once, however many sessions there are.
final class Priorities {
    let handle: gnutls_priority_t

    init(_ configuration: DTLSConfiguration) throws(DTLSError) {
        guard configuration.isValid else { throw .invalidConfiguration }
        var handle: gnutls_priority_t?
        let code = gnutls_priority_init(&handle, configuration.priorityString, nil)
        guard code == GNUTLS_E_SUCCESS, let handle else { throw .library(code) }
        self.handle = handle
    }

    deinit { gnutls_priority_deinit(handle) }
}

/// Owns a client's identity and key.
final class ClientCredentials {
    let handle: gnutls_psk_client_credentials_t

    init(identity: [UInt8], key: [UInt8]) throws(DTLSError) {
        guard !identity.isEmpty, !key.isEmpty, identity.count <= DTLSConfiguration.maximumIdentityBytes else {
            throw .invalidConfiguration
        }
        var handle: gnutls_psk_client_credentials_t?
        let code = gnutls_psk_allocate_client_credentials(&handle)
        guard code == GNUTLS_E_SUCCESS, let handle else { throw .library(code) }
        var identity = identity
        var key = key
        // GnuTLS copies both.
        let stored = identity.withUnsafeMutableBufferPointer { identity in
            key.withUnsafeMutableBufferPointer { key in
                var user = gnutls_datum_t(data: identity.baseAddress, size: UInt32(identity.count))
                var secret = gnutls_datum_t(data: key.baseAddress, size: UInt32(key.count))
                return gnutls_psk_set_client_credentials2(handle, &user, &secret, GNUTLS_PSK_KEY_RAW)
            }
        }
        guard stored == GNUTLS_E_SUCCESS else {
            gnutls_psk_free_client_credentials(handle)
            throw .library(stored)
        }
        self.handle = handle
    }

    deinit { gnutls_psk_free_client_credentials(handle) }
}

/// Owns the server's side of PSK authentication; the keys come from the session's lookup.
final class ServerCredentials {
    let handle: gnutls_psk_server_credentials_t

    init() throws(DTLSError) {
        var handle: gnutls_psk_server_credentials_t?
        let code = gnutls_psk_allocate_server_credentials(&handle)
        guard code == GNUTLS_E_SUCCESS, let handle else { throw .library(code) }
        self.handle = handle
        gnutls_psk_set_server_credentials_function2(handle) { session, identity, key in
            guard let session, let identity, let key, let owner = DTLSSession.owner(of: session) else { return -1 }
            let bytes = UnsafeBufferPointer(start: identity.pointee.data, count: Int(identity.pointee.size))
            return owner.provideKey(for: Array(bytes), into: key) ? 0 : -1
        }
    }

    deinit { gnutls_psk_free_server_credentials(handle) }
}
