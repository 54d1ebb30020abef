import Bootloader
import CoAP
import FirmwareImage
import Testing
import UpdateClient

/// Servers that are not there, not yet, or not any more.
@Suite(.timeLimit(.minutes(15))) struct ConnectionTests {
    let old: [UInt8]
    let new: [UInt8]
    let map: FlashMap
    let contents: [UInt8]

    init() throws {
        old = try TestRelease.image(version: "1.0.0", seed: 1)
        new = try TestRelease.image(version: "1.1.0", seed: 2)
        map = try TestDevice.map()
        contents = try TestDevice.flash(map, running: old)
    }

    @Test func neverReached() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.opening = { _ in .down(.refused) }
        #expect(try run.run() == .unreachable(.refused))
        #expect(run.channels == 5)
        // 1 + 2 + 4 + 8 s, and up to half more.
        #expect(run.now >= .seconds(15) && run.now <= .seconds(25))
    }

    /// On a long path, what the handshake measured keeps the first request from being repeated before it can be
    /// answered.
    @Test(arguments: [Duration.milliseconds(1_500), nil])
    func theHandshakesRoundTripSetsTheFirstTimer(shown: Duration?) throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.delay = .milliseconds(750)
        run.shownRoundTrip = shown
        run.isLost = { _ in true }
        // The channel opens at 3 s; an answer would be there at 4.5 s.
        #expect(try run.run(limit: .milliseconds(4_500)) == nil)
        #expect(run.machine.roundTrip == shown)
        #expect(shown != nil ? run.sent.count == 1 : run.sent.count > 1)
    }

    @Test func theRoundTripOfAnswersReplacesTheHandshakes() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.shownRoundTrip = .seconds(1)
        #expect(try run.run(limit: .milliseconds(300)) == nil)
        #expect(run.machine.roundTrip == .milliseconds(100))
    }

    /// The marks of a finished download are no progress that another run could go on from.
    @Test func neverReachedWithNothingUnderWay() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        var rerun = UpdateRun(map: map, contents: run.flash.contents, server: TestServer(payload: new))
        rerun.opening = { _ in .down(.refused) }
        #expect(try rerun.run() == .unreachable(.refused))
    }

    @Test func handshakeThatNeverEndsIsGivenUp() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.opening = { _ in .never }
        #expect(try run.run() == .unreachable(.timeout))
        // Three minutes and the waits between; attempts would be left.
        #expect(run.channels == 3)
        #expect(run.now >= .seconds(180) && run.now <= .seconds(190))
    }

    /// No ICMP says that it is gone: nothing comes any more, and handshakes run into their time.
    @Test func aSilentServerIsGivenUpInTime() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 20 }
        run.opening = { $0 == 1 ? .up : .never }
        #expect(try run.run() == .interrupted(.serverGone(.timeout)))
        #expect(run.now >= .seconds(180) && run.now <= .seconds(200))
    }

    @Test func twoMinutesOfSilenceEndNothing() throws {
        final class Openings { var count = 0 }
        let openings = Openings()
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 20 && openings.count < 4 }
        run.opening = { channel in
            openings.count = channel
            return (2...3).contains(channel) ? .never : .up
        }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.now > .seconds(120) && run.channels == 4)
    }

    @Test func wrongKey() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.opening = { _ in .down(.authenticationFailed) }
        #expect(try run.run() == .notAuthorised(.handshake))
        #expect(run.channels == 1)
    }

    /// The key was right a moment ago: whatever is said of it later is not believed.
    @Test func afterOneSuccessTheKeyIsRight() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 20 }
        run.opening = { $0 == 1 ? .up : .down(.authenticationFailed) }
        #expect(try run.run() == .interrupted(.serverGone(.authenticationFailed)))
        #expect(run.channels > 3)
    }

    /// A handshake that lacks the last message says nothing of the key; it begins again at once.
    @Test func unfinishedHandshakesAreNoRefusal() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.opening = { _ in .down(.unfinished) }
        #expect(try run.run() == .unreachable(.unfinished))
        #expect(run.channels == 5 && run.now < .seconds(2))
        var second = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        second.opening = { $0 < 4 ? .down(.unfinished) : .up }
        guard case .committed = try second.run() else {
            Issue.record("not committed")
            return
        }
    }

    /// A server that was restarted in the middle of a handshake has said nothing of the key; it is asked again at once.
    @Test func forgottenHandshakesAreNoRefusal() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.opening = { $0 < 4 ? .down(.forgotten) : .up }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.channels == 4)
        // Four openings of 200 ms, and the blocks.
        #expect(run.ups.first == .milliseconds(800))
    }

    @Test func serverGoneInTheMiddleIsInterruptedAndProgressKept() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 20 }
        guard case .interrupted(.serverGone) = try run.run() else {
            Issue.record("another outcome")
            return
        }
        let stored = run.machine.statistics.blocksStored
        #expect(stored > 3)
        #expect(run.channels > 1)
        #expect(run.now > .seconds(120))

        var rerun = UpdateRun(map: map, contents: run.flash.contents, server: TestServer(payload: new), seed: 2)
        guard case .committed = try rerun.run() else {
            Issue.record("not committed")
            return
        }
        #expect(rerun.machine.statistics.resumedBlocks == stored)
        #expect(rerun.server.contentAnswers == (new.count + 1023) / 1024 - Int(stored))
        #expect(rerun.server.validAnswers == 1)
    }

    @Test func blackoutIsSurvivedWithoutLosingBlocks() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 20 && $0 <= 30 }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.server.contentAnswers <= (new.count + 1023) / 1024 + 12)
    }

    /// A port where nobody listens answers at once, so attempts alone are soon used up.
    @Test func aMinuteWithoutAServerEndsNothing() throws {
        final class Openings { var count = 0 }
        let openings = Openings()
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 20 && openings.count < 2 }
        run.opening = { channel in
            openings.count = channel
            return (2...20).contains(channel) ? .down(.refused) : .up
        }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.now > .seconds(60))
        #expect(run.channels == 21)
        // What was there before is not asked for again, except what was under way.
        #expect(run.server.contentAnswers <= (new.count + 1023) / 1024 + 12)
    }

    @Test func brokenChannelIsOpenedAgain() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.isLost = { $0 > 14 && $0 <= 17 }
        run.opening = { $0 == 2 ? .down(.timeout) : .up }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
    }

    @Test func answersThatPutOffAreHonoured() throws {
        var server = TestServer(payload: new)
        server.unavailable = (2, 30)
        var run = UpdateRun(map: map, contents: contents, server: server)
        let outcome = try run.run()
        guard case .committed = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        #expect(run.now >= .seconds(60))
        #expect(run.channels == 1)
    }

    @Test func stoppingKeepsProgress() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.killed = { statistics, _ in statistics.blocksStored >= 7 }
        #expect(try run.run() == nil)
        run.machine.stop()
        var action = run.machine.nextAction(now: run.now)
        #expect(action == .closeChannel)
        action = run.machine.nextAction(now: run.now)
        #expect(action == .finished(.interrupted(.stopped)))
    }

    @Test(
        arguments: [
            [], [0x40], [0x80, 0, 0, 0], [0x49, 0x45, 0, 1, 0, 0, 0, 0, 0], [0x50, 0x45, 0, 1, 0xFF],
            [0x50, 0x45, 0, 1], [0x60, 0x45, 0, 1], [0x70, 0, 0, 1], [0x50, 0xE1, 0, 1],
        ] as [[UInt8]]
    )
    func strayDatagramsChangeNothing(bytes: [UInt8]) throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.killed = { statistics, _ in statistics.blocksStored >= 4 }
        #expect(try run.run() == nil)
        let before = run.machine.statistics.blocksStored
        run.machine.receive(bytes.span.bytes, flash: &run.flash, now: run.now)
        #expect(run.machine.statistics.blocksStored == before)
        #expect(run.machine.state == .downloading)
    }

    @Test(
        arguments: [
            // Ping, malformed CON, CON request, CON response to nothing: reset (RFC 7252 § 4.2, § 4.3).
            ([0x40, 0x00, 0x12, 0x34], [0x70, 0x00, 0x12, 0x34]),
            ([0x40, 0x45, 0x12, 0x34, 0xFF], [0x70, 0x00, 0x12, 0x34]),
            ([0x40, 0x01, 0x12, 0x34], [0x70, 0x00, 0x12, 0x34]),
            ([0x41, 0x45, 0x12, 0x34, 0x99], [0x70, 0x00, 0x12, 0x34]),
        ] as [([UInt8], [UInt8])]
    )
    func confirmableMessagesThatCannotBeUsedAreReset(message: [UInt8], reply: [UInt8]) throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.killed = { statistics, _ in statistics.blocksStored >= 4 }
        #expect(try run.run() == nil)
        run.machine.receive(message.span.bytes, flash: &run.flash, now: run.now)
        #expect(run.machine.nextAction(now: run.now) == .transmit)
        let sent = (0..<run.machine.outgoing.byteCount).map { run.machine.outgoing.coapByte(at: $0) }
        #expect(sent == reply)
    }
}
