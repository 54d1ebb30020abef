import ArgumentParser
import HostSupport

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Downloads, verifies and commits the newest firmware, or goes on with what was interrupted."
    )

    @OptionGroup var options: UpdateOptions

    @Flag(help: "Print one JSON object on one line at the end.")
    var json = false

    @Flag(help: "Take an image that was refused or rolled back before, if the server still offers it.")
    var retry = false

    func run() throws {
        let report = try attempt()
        if let failure = report.failure { Console.report(failure.message) }
        if json {
            Console.say(report.object.text, failing: report.failure)
        } else if report.failure == nil {
            Console.say(report.success)
        }
        if let failure = report.failure { throw ExitCode(failure.status.rawValue) }
    }

    private func attempt() throws -> UpdateReport {
        let run = UpdateRun(options: options, retriesRefused: retry, isSilent: json && !Console.isTerminal)
        let stop = StopRequest()
        let signals = stop.listen()
        defer { signals.cancel() }
        do {
            return UpdateReport(try run.perform(until: stop), options: options)
        } catch let failure as Failure {
            return UpdateReport(failure, options: options)
        }
    }
}
