// System calls that Swift's Glibc module leaves out, because glibc declares them for _GNU_SOURCE only.
#pragma once

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

// RWF_NOWAIT of <linux/fs.h>: read what is in the page cache and fail with EAGAIN instead of waiting for a disk.
#define CLINUX_RWF_NOWAIT 0x8

static inline ssize_t clinux_pread_nowait(int descriptor, void *_Nullable bytes, size_t count, off_t offset) {
    struct iovec part = {bytes, count};
#ifdef SYS_preadv2
    // The offset in two halves of a long; on 64-bit machines all of it is in the first.
    unsigned long long position = (unsigned long long)offset;
    long high = sizeof(long) == 8 ? 0 : (long)(position >> 32);
    return syscall(SYS_preadv2, descriptor, &part, 1L, (long)position, high, CLINUX_RWF_NOWAIT);
#else
    (void)part;
    errno = ENOSYS;
    return -1;
#endif
}

// Whether a file lies in memory: tmpfs or ramfs by their numbers in <linux/magic.h>.
static inline int clinux_is_in_memory(int descriptor) {
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) {
        return 0;
    }
    return status.f_type == 0x01021994 || (unsigned long)status.f_type == 0x858458f6UL;
}

// Has all threads take memory from one heap, the process's own. The heaps that glibc makes for other threads grow by an
// mprotect for every page or two.
static inline void clinux_use_one_heap(void) {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
#endif
}

// Gives pages that hold only freed memory back to the system, of every thread's heap.
static inline void clinux_release_free_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
