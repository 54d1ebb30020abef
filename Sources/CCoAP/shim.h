#ifndef CCOAP_SHIM_H
#define CCOAP_SHIM_H

// libcoap 3 with its GnuTLS backend: an independent CoAP implementation, for tests and tools only.
#include <coap3/coap.h>

#endif
