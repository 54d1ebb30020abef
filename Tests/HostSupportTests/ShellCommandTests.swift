import HostSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct ShellCommandTests {
    @Test func itEndsAsItSays() {
        #expect(ShellCommand("exit 0").run(timeout: .seconds(600)) == .exited(0))
        #expect(ShellCommand("exit 7").run(timeout: .seconds(600)) == .exited(7))
        #expect(ShellCommand("kill -9 $$").run(timeout: .seconds(600)) == .killed(signal: 9))
    }

    @Test func itFindsWhatItIsGiven() {
        let command = ShellCommand(#"test "$A" = "b c" && test -n "$PATH""#)
        #expect(command.run(environment: [("A", "b c")], timeout: .seconds(600)) == .exited(0))
        #expect(command.run(timeout: .seconds(600)) == .exited(1))
    }

    /// Also what it left in the background goes, and whatever it ignores.
    @Test func whatTakesTooLongIsKilled() {
        let began = Uptime.now
        #expect(ShellCommand("trap '' TERM; sleep 300 & wait").run(timeout: .milliseconds(200)) == .timedOut)
        #expect(Uptime.now - began < .seconds(120))
    }
}
