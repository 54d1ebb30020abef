/// Counts what is taken from the heap: the linker sends every call of `posix_memalign`, by which Embedded Swift
/// allocates, to the function below (`--wrap`).
///
/// Only what `measure` runs is counted, so that the stand-ins for server and link may allocate.
enum HeapMeter {
    nonisolated(unsafe) fileprivate static var isOn = false
    nonisolated(unsafe) fileprivate static var bytes = 0
    nonisolated(unsafe) fileprivate static var calls = 0

    /// Bytes and calls since `reset`.
    static var total: (bytes: Int, calls: Int) { (bytes, calls) }

    static func reset() {
        bytes = 0
        calls = 0
    }

    /// Counts what `body` allocates.
    static func measure<Value: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        isOn = true
        defer { isOn = false }
        return try body()
    }
}

@_extern(c, "__real_posix_memalign")
private func allocate(
    _ memory: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
    _ alignment: UInt,
    _ byteCount: UInt
) -> CInt

/// Counts what is allocated.
@_cdecl("__wrap_posix_memalign")
public func countedAllocate(
    _ memory: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
    _ alignment: UInt,
    _ byteCount: UInt
) -> CInt {
    if HeapMeter.isOn {
        HeapMeter.bytes += Int(byteCount)
        HeapMeter.calls += 1
    }
    return allocate(memory, alignment, byteCount)
}
