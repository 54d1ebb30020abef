import CLinux

/// The memory of this process.
package enum ProcessMemory {
    /// Has all threads take memory from one heap. To be called before there is a second thread.
    ///
    /// With one thread that serves this makes a handshake an eighth cheaper, as the heaps that glibc gives to other
    /// threads grow by a system call for every page or two. Several threads that serve would wait for each other.
    package static func useOneHeap() { clinux_use_one_heap() }

    /// Gives freed memory back to the system.
    ///
    /// glibc does so by itself only at the end of its main heap. Every other thread has a heap of its own, and what a
    /// thread has freed between two allocations that stay, it keeps: after an attack, a server would look as large as
    /// in the middle of it. Threads that allocate meanwhile wait for their heap.
    package static func releaseFree() { clinux_release_free_memory() }
}
