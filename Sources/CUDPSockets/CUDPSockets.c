#define _GNU_SOURCE
#include "CUDPSockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    // Room for IP_PKTINFO or IPV6_PKTINFO, and UDP_SEGMENT.
    control_bytes = CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t)),
    // What the kernel takes as one message at most (UDP_MAX_SEGMENTS, and the largest UDP payload).
    maximum_segments = 64,
    maximum_message_bytes = 65000,
};

// A message of the batch to be sent: datagrams to one peer, all but the last of `segment_bytes`.
typedef struct {
    cudp_address from;
    unsigned segments;
    size_t segment_bytes;
    bool is_closed;
} outgoing;

typedef union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
} socket_address;

struct cudp_batch {
    unsigned slots, count;
    bool joins;
    size_t capacity, used;
    uint8_t *bytes;
    struct mmsghdr *messages;
    struct iovec *vectors;
    socket_address *peers;
    uint8_t *controls;
    outgoing *outgoing;
};

static socklen_t to_socket_address(const cudp_address *address, socket_address *result) {
    memset(result, 0, sizeof *result);
    if (address->family == 6) {
        result->ipv6.sin6_family = AF_INET6;
        result->ipv6.sin6_port = htons(address->port);
        result->ipv6.sin6_scope_id = address->zone;
        memcpy(&result->ipv6.sin6_addr, address->bytes, 16);
        return sizeof result->ipv6;
    }
    result->ipv4.sin_family = AF_INET;
    result->ipv4.sin_port = htons(address->port);
    memcpy(&result->ipv4.sin_addr, address->bytes, 4);
    return sizeof result->ipv4;
}

static void from_socket_address(const socket_address *address, cudp_address *result) {
    memset(result, 0, sizeof *result);
    if (address->any.sa_family == AF_INET6) {
        result->family = 6;
        result->port = ntohs(address->ipv6.sin6_port);
        result->zone = address->ipv6.sin6_scope_id;
        memcpy(result->bytes, &address->ipv6.sin6_addr, 16);
    } else if (address->any.sa_family == AF_INET) {
        result->family = 4;
        result->port = ntohs(address->ipv4.sin_port);
        memcpy(result->bytes, &address->ipv4.sin_addr, 4);
    }
}

static bool set(int descriptor, int level, int option, int value) {
    return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

int cudp_open(const cudp_address *address, bool shares_port, bool packet_info, int buffer_bytes) {
    socket_address local;
    socklen_t length = to_socket_address(address, &local);
    bool is_ipv6 = address->family == 6;
    int descriptor = socket(local.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    if (buffer_bytes > 0) {
        // Above the system's limit only with the right to it; otherwise as much as there is.
        if (!set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes))
            set(descriptor, SOL_SOCKET, SO_RCVBUF, buffer_bytes);
        if (!set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, buffer_bytes))
            set(descriptor, SOL_SOCKET, SO_SNDBUF, buffer_bytes);
    }
    bool is_set = (!is_ipv6 || set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1))
        && (!shares_port || set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1))
        && (!packet_info || (is_ipv6 ? set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                                     : set(descriptor, IPPROTO_IP, IP_PKTINFO, 1)));
    if (!is_set || bind(descriptor, &local.any, length) != 0) {
        int reason = errno;
        close(descriptor);
        return -reason;
    }
    return descriptor;
}

int cudp_local_address(int descriptor, cudp_address *address) {
    socket_address local;
    socklen_t length = sizeof local;
    if (getsockname(descriptor, &local.any, &length) != 0) return -errno;
    from_socket_address(&local, address);
    return 0;
}

const char *cudp_error_name(int code) { return strerrorname_np(code); }

cudp_batch *cudp_batch_make(unsigned slots, size_t bytes, bool joins) {
    cudp_batch *batch = calloc(1, sizeof *batch);
    if (!batch) return NULL;
    batch->slots = slots;
    batch->joins = joins;
    batch->capacity = bytes;
    batch->bytes = malloc(bytes);
    batch->messages = calloc(slots, sizeof *batch->messages);
    batch->vectors = calloc(slots, sizeof *batch->vectors);
    batch->peers = calloc(slots, sizeof *batch->peers);
    batch->controls = calloc(slots, control_bytes);
    batch->outgoing = calloc(slots, sizeof *batch->outgoing);
    if (batch->bytes && batch->messages && batch->vectors && batch->peers && batch->controls && batch->outgoing)
        return batch;
    cudp_batch_free(batch);
    return NULL;
}

void cudp_batch_free(cudp_batch *batch) {
    if (!batch) return;
    free(batch->bytes);
    free(batch->messages);
    free(batch->vectors);
    free(batch->peers);
    free(batch->controls);
    free(batch->outgoing);
    free(batch);
}

unsigned cudp_batch_count(const cudp_batch *batch) { return batch->count; }

void cudp_batch_clear(cudp_batch *batch) { batch->count = 0, batch->used = 0; }

// The control message that has a datagram leave from a local address. Returns its bytes.
static size_t put_source(uint8_t *control, const cudp_address *from) {
    memset(control, 0, control_bytes);
    struct msghdr header = {.msg_control = control, .msg_controllen = control_bytes};
    struct cmsghdr *message = CMSG_FIRSTHDR(&header);
    if (from->family == 6) {
        struct in6_pktinfo info = {.ipi6_ifindex = from->zone};
        memcpy(&info.ipi6_addr, from->bytes, 16);
        message->cmsg_level = IPPROTO_IPV6;
        message->cmsg_type = IPV6_PKTINFO;
        message->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(message), &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    struct in_pktinfo info = {0};
    memcpy(&info.ipi_spec_dst, from->bytes, 4);
    message->cmsg_level = IPPROTO_IP;
    message->cmsg_type = IP_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(message), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
}

// Joins a datagram to the last message if that goes the same way and has datagrams of the same size.
static bool join(
    cudp_batch *batch, const void *bytes, size_t count, const socket_address *to, socklen_t to_length,
    const cudp_address *from) {
    if (!batch->joins || batch->count == 0 || count == 0) return false;
    unsigned index = batch->count - 1;
    outgoing *last = &batch->outgoing[index];
    struct msghdr *header = &batch->messages[index].msg_hdr;
    if (last->is_closed || count > last->segment_bytes || last->segments == maximum_segments
        || batch->vectors[index].iov_len + count > maximum_message_bytes || header->msg_namelen != to_length
        || memcmp(&batch->peers[index], to, to_length) != 0 || memcmp(&last->from, from, sizeof *from) != 0)
        return false;
    if (last->segments == 1) {
        uint16_t segment_bytes = (uint16_t)last->segment_bytes;
        uint8_t *control = batch->controls + (size_t)index * control_bytes;
        struct cmsghdr *message = (struct cmsghdr *)(control + header->msg_controllen);
        message->cmsg_level = IPPROTO_UDP;
        message->cmsg_type = UDP_SEGMENT;
        message->cmsg_len = CMSG_LEN(sizeof segment_bytes);
        memcpy(CMSG_DATA(message), &segment_bytes, sizeof segment_bytes);
        header->msg_control = control;
        header->msg_controllen += CMSG_SPACE(sizeof segment_bytes);
    }
    // The bytes of the last message are the last in the batch.
    memcpy(batch->bytes + batch->used, bytes, count);
    batch->used += count;
    batch->vectors[index].iov_len += count;
    last->segments++;
    last->is_closed = count < last->segment_bytes;
    return true;
}

bool cudp_batch_append(
    cudp_batch *batch, const void *bytes, size_t count, const cudp_address *to, const cudp_address *from) {
    if (count > batch->capacity - batch->used) return false;
    socket_address peer;
    socklen_t peer_length = to_socket_address(to, &peer);
    if (join(batch, bytes, count, &peer, peer_length, from)) return true;
    if (batch->count == batch->slots) return false;
    unsigned index = batch->count++;
    uint8_t *place = batch->bytes + batch->used;
    uint8_t *control = batch->controls + (size_t)index * control_bytes;
    batch->used += count;
    memcpy(place, bytes, count);
    batch->peers[index] = peer;
    batch->outgoing[index] = (outgoing){.from = *from, .segments = 1, .segment_bytes = count};
    batch->vectors[index] = (struct iovec){.iov_base = place, .iov_len = count};
    batch->messages[index].msg_hdr = (struct msghdr){
        .msg_name = &batch->peers[index],
        .msg_namelen = peer_length,
        .msg_iov = &batch->vectors[index],
        .msg_iovlen = 1,
        .msg_control = from->family ? control : NULL,
        .msg_controllen = from->family ? put_source(control, from) : 0,
    };
    return true;
}

int cudp_batch_send(cudp_batch *batch, int descriptor, unsigned first, unsigned *datagrams) {
    *datagrams = 0;
    if (first >= batch->count) return 0;
    int sent = sendmmsg(descriptor, batch->messages + first, batch->count - first, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return -errno;
    for (int index = 0; index < sent; index++) *datagrams += batch->outgoing[first + (unsigned)index].segments;
    return sent;
}

unsigned cudp_batch_datagrams(const cudp_batch *batch, unsigned index) { return batch->outgoing[index].segments; }

int cudp_batch_send_apart(cudp_batch *batch, int descriptor, unsigned index, unsigned *datagrams) {
    const outgoing *message = &batch->outgoing[index];
    struct msghdr header = batch->messages[index].msg_hdr;
    struct iovec rest = batch->vectors[index];
    struct iovec part = rest;
    int reason = 0;
    *datagrams = 0;
    header.msg_iov = &part;
    header.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    if (header.msg_controllen == 0) header.msg_control = NULL;
    while (rest.iov_len > 0) {
        part = rest;
        if (part.iov_len > message->segment_bytes) part.iov_len = message->segment_bytes;
        if (sendmsg(descriptor, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            (*datagrams)++;
        else
            reason = errno;
        rest.iov_base = (uint8_t *)rest.iov_base + part.iov_len;
        rest.iov_len -= part.iov_len;
    }
    return -reason;
}

int cudp_batch_receive(cudp_batch *batch, int descriptor) {
    size_t slot_bytes = batch->capacity / batch->slots;
    batch->count = 0;
    for (unsigned index = 0; index < batch->slots; index++) {
        batch->vectors[index] = (struct iovec){.iov_base = batch->bytes + index * slot_bytes, .iov_len = slot_bytes};
        batch->messages[index].msg_hdr = (struct msghdr){
            .msg_name = &batch->peers[index],
            .msg_namelen = sizeof batch->peers[index],
            .msg_iov = &batch->vectors[index],
            .msg_iovlen = 1,
            .msg_control = batch->controls + (size_t)index * control_bytes,
            .msg_controllen = control_bytes,
        };
    }
    int received = recvmmsg(descriptor, batch->messages, batch->slots, MSG_DONTWAIT, NULL);
    if (received < 0) return -errno;
    batch->count = (unsigned)received;
    return received;
}

const uint8_t *cudp_batch_get(
    const cudp_batch *batch, unsigned index, size_t *count, cudp_address *peer, cudp_address *local) {
    struct msghdr *header = &batch->messages[index].msg_hdr;
    *count = batch->messages[index].msg_len;
    from_socket_address(&batch->peers[index], peer);
    memset(local, 0, sizeof *local);
    for (struct cmsghdr *message = CMSG_FIRSTHDR(header); message; message = CMSG_NXTHDR(header, message)) {
        if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(message), sizeof info);
            local->family = 4;
            memcpy(local->bytes, &info.ipi_addr, 4);
        } else if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(message), sizeof info);
            local->family = 6;
            // Elsewhere the route decides which interface the answer takes.
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) local->zone = info.ipi6_ifindex;
            memcpy(local->bytes, &info.ipi6_addr, 16);
        }
    }
    return batch->vectors[index].iov_base;
}
