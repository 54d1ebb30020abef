import CGnuTLS

/// The only place where GnuTLS's return codes and alerts become errors.
extension DTLSError {
    /// - Parameters:
    ///   - code: what a GnuTLS function returned, negative.
    ///   - alert: the last alert received, looked at only if the code says that there was one.
    ///   - progress: how far the handshake is.
    init(gnuTLS code: Int32, alert: UInt8, progress: HandshakeProgress) {
        switch code {
        case GNUTLS_E_FATAL_ALERT_RECEIVED:
            self = Self.from(alert: alert, progress: progress)
        case GNUTLS_E_TIMEDOUT:
            self = .handshakeTimedOut(progress)
        case GNUTLS_E_DECRYPTION_FAILED, GNUTLS_E_ERROR_IN_FINISHED_PACKET:
            self = .authenticationFailed
        case GNUTLS_E_NO_CIPHER_SUITES, GNUTLS_E_UNKNOWN_CIPHER_SUITE, GNUTLS_E_INSUFFICIENT_CREDENTIALS,
            GNUTLS_E_NO_COMMON_KEY_SHARE:
            self = .noCommonSuite
        case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
            self = .versionRefused
        case GNUTLS_E_MEMORY_ERROR, GNUTLS_E_INTERNAL_ERROR, GNUTLS_E_RANDOM_FAILED:
            self = .library(code)
        default:
            self = .protocolViolation(code)
        }
    }

    /// RFC 4279 § 2: decrypt_error or unknown_psk_identity for an unknown identity; bad_record_mac is what a
    /// wrong key looks like to implementations that report it at all.
    private static func from(alert: UInt8, progress: HandshakeProgress) -> DTLSError {
        switch UInt32(alert) {
        case GNUTLS_A_DECRYPT_ERROR.rawValue, GNUTLS_A_UNKNOWN_PSK_IDENTITY.rawValue,
            GNUTLS_A_BAD_RECORD_MAC.rawValue, GNUTLS_A_DECRYPTION_FAILED.rawValue,
            GNUTLS_A_ACCESS_DENIED.rawValue:
            .authenticationFailed
        case GNUTLS_A_HANDSHAKE_FAILURE.rawValue:
            // Before the key exchange nothing could be wrong with the key, afterwards hardly anything else.
            progress == .onlyFinishedMissing ? .authenticationFailed : .noCommonSuite
        case GNUTLS_A_INSUFFICIENT_SECURITY.rawValue:
            .noCommonSuite
        case GNUTLS_A_PROTOCOL_VERSION.rawValue:
            .versionRefused
        default:
            .fatalAlert(alert)
        }
    }
}
