import CLinux

/// The memory of this process.
package enum ProcessMemory {
    /// Gives freed memory back to the system.
    ///
    /// glibc does so by itself only at the end of its main heap. Every other thread has a heap of its own, and what a
    /// thread has freed between two allocations that stay, it keeps: after an attack, a server would look as large as
    /// in the middle of it. Threads that allocate meanwhile wait for their heap.
    package static func releaseFree() { clinux_release_free_memory() }
}
