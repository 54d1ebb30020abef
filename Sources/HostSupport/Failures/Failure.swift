/// Why a command ends without having done its work: one line for a person, and the exit code.
package struct Failure: Error, Equatable, Sendable {
    package var status: ExitStatus
    /// What happened, where, and what to do next.
    package var message: String

    package init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    package init(_ failure: FileFailure) {
        self.init(ExitStatus(errno: failure.code), "\(failure); \(failure.advice)")
    }
}
