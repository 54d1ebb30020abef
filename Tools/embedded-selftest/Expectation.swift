@_extern(c, "exit")
private func exit(_ status: CInt)

/// Prints what holds; ends the process at the first thing that does not.
func expect(_ condition: Bool, _ what: StaticString) {
    guard condition else { fail(what) }
    print("ok ", terminator: "")
    print(what)
}

/// Ends the process.
func fail(_ what: StaticString) -> Never {
    print("FAILED ", terminator: "")
    print(what)
    exit(1)
    fatalError()
}

/// Runs what must not throw.
func must<Value, Failure: Error>(_ what: StaticString, _ body: () throws(Failure) -> Value) -> Value {
    do throws(Failure) {
        return try body()
    } catch {
        fail(what)
    }
}
