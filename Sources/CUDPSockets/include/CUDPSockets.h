#ifndef CUDPSOCKETS_H
#define CUDPSOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What Swift cannot say: sendmmsg, recvmmsg and control messages are hidden behind _GNU_SOURCE and macros.

// An IP address and a UDP port.
typedef struct {
    uint8_t bytes[16];  // network order; an IPv4 address is in the first four
    uint32_t zone;      // index of the interface of a link-local IPv6 address, else 0
    uint16_t port;      // host order
    uint8_t family;     // 4, 6, or 0: no address
} cudp_address;

// Opens and binds a UDP socket: non-blocking, close-on-exec, IPv6 without IPv4.
//   shares_port     several sockets may be bound to the port (SO_REUSEPORT)
//   packet_info     what arrives tells which local address it was sent to
//   buffer_bytes    of the receive and the send buffer, as far as the system allows; 0: its own
// Returns the descriptor, or an errno, negative.
int cudp_open(const cudp_address *address, bool shares_port, bool packet_info, int buffer_bytes);

// The address that a socket is bound to. Returns 0, or an errno, negative.
int cudp_local_address(int descriptor, cudp_address *address);

// The name of an errno, such as ENETUNREACH. Null if it has none.
const char *cudp_error_name(int code);

// Datagrams with their addresses, for one system call. The memory is taken once.
typedef struct cudp_batch cudp_batch;

// `slots` messages of `bytes` bytes in all. `joins`: datagrams may share a message. Null if there is no memory.
cudp_batch *cudp_batch_make(unsigned slots, size_t bytes, bool joins);
void cudp_batch_free(cudp_batch *batch);

// Messages that are in it. One to be sent has one datagram, or several of the same size to the same peer, which the
// kernel takes as one and cuts as late as it can (UDP_SEGMENT).
unsigned cudp_batch_count(const cudp_batch *batch);
void cudp_batch_clear(cudp_batch *batch);

// Adds a datagram to be sent to `to`. `from`: the local address that it is to come from, or no address.
// False if it does not fit.
bool cudp_batch_append(
    cudp_batch *batch, const void *bytes, size_t count, const cudp_address *to, const cudp_address *from);

// Sends the messages from `first` on. Returns how many have gone, 1 or more, with the datagrams in them; or the errno
// of the first, negative.
int cudp_batch_send(cudp_batch *batch, int descriptor, unsigned first, unsigned *datagrams);

// Datagrams in a message.
unsigned cudp_batch_datagrams(const cudp_batch *batch, unsigned index);

// Sends the datagrams of a message of several one by one: where the way out does not cut. Returns 0 with how many have
// gone, or the errno of the last that has not, negative.
int cudp_batch_send_apart(cudp_batch *batch, int descriptor, unsigned index, unsigned *datagrams);

// Takes what has arrived in place of what is in the batch, at most `bytes / slots` bytes of each datagram.
// Returns how many, or an errno, negative.
int cudp_batch_receive(cudp_batch *batch, int descriptor);

// A datagram that was received. `local` has no family if the socket does not tell. Returns its bytes.
const uint8_t *cudp_batch_get(
    const cudp_batch *batch, unsigned index, size_t *count, cudp_address *peer, cudp_address *local);

#endif
