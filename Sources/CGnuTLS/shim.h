#ifndef CGNUTLS_SHIM_H
#define CGNUTLS_SHIM_H

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <gnutls/dtls.h>

// gnutls_malloc is a mutable global function pointer, which Swift 6 refuses to read.
// GnuTLS frees what its credential callbacks return with its own allocator, so this one must be used.
static inline void *cgnutls_allocate(size_t byte_count) {
    return gnutls_malloc(byte_count);
}

// What a transport function says when there is nothing to read. EAGAIN is not visible to Swift without a C library module.
static inline void cgnutls_report_would_block(gnutls_session_t session) {
    gnutls_transport_set_errno(session, EAGAIN);
}

#endif
