import ArgumentParser
import HostSupport

extension ParsableCommand {
    /// Runs a program from its command line to its end.
    /// - Parameter arguments: without the program's name.
    package static func runProgram(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) {
        do {
            guard var command = try begin(arguments) else { return }
            try command.run()
        } catch {
            end(error, arguments)
        }
    }

    /// - Returns: what is to be run; nil: nothing more.
    fileprivate static func begin(_ arguments: [String]) throws -> (any ParsableCommand)? {
        StandardStreams.prepare()
        // Not the parser's own: `release --version 1.2.0` with an option missing would have it answer.
        if arguments == ["--version"] {
            Console.say("\(_commandName) \(ProgramVersion.text)")
            return nil
        }
        return try parseAsRoot(arguments)
    }

    fileprivate static func end(_ error: any Error, _ arguments: [String]) -> Never {
        guard exitCode(for: error) == .validationFailure, !(error is ExitCode) else { exit(withError: error) }
        let usage = UsageError(fullMessage(for: error), arguments: arguments)
        Console.report(usage.line)
        exit(withError: ExitCode.validationFailure)
    }
}

extension AsyncParsableCommand {
    /// The same for a program that waits.
    package static func runProgram() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            guard var command = try begin(arguments) else { return }
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
        } catch {
            end(error, arguments)
        }
    }
}
