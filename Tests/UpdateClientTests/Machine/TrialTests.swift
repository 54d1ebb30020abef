import Bootloader
import FirmwareImage
import HostCryptography
import Testing
import UpdateClient

/// Update, reset, trial, and what the next update does then.
@Suite struct TrialTests {
    let old: [UInt8]
    let new: [UInt8]
    let map: FlashMap
    /// 1.1.0 is committed, 1.0.0 runs.
    let committed: [UInt8]

    init() throws {
        old = try TestRelease.image(version: "1.0.0", bodyBytes: 5000, seed: 1)
        new = try TestRelease.image(version: "1.1.0", bodyBytes: 9000, seed: 2)
        map = try TestDevice.smallMap()
        var run = UpdateRun(
            map: map,
            contents: try TestDevice.flash(map, running: old),
            server: TestServer(payload: new)
        )
        guard case .committed = try run.run() else {
            committed = []
            Issue.record("not committed")
            return
        }
        committed = run.flash.contents
    }

    private func boot(_ contents: [UInt8], confirm: Bool = false) throws -> (report: BootReport, contents: [UInt8]) {
        var flash = CutFlash(geometry: map.geometry, contents: contents)
        let report = try Bootloader<HostCryptography>.boot(flash: &flash, map: map)
        if confirm { _ = try Confirmation<HostCryptography>.confirm(flash: &flash, map: map) }
        return (report, flash.contents)
    }

    private func update(_ contents: [UInt8], _ payload: [UInt8], retries: Bool = false) throws -> (
        outcome: UpdateOutcome?, state: UpdateState, contentAnswers: Int, contents: [UInt8]
    ) {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: payload)) {
            $0.retriesRefused = retries
        }
        let outcome = try run.run()
        return (outcome, run.machine.state, run.server.contentAnswers, run.flash.contents)
    }

    @Test func trialAndConfirmation() throws {
        let trial = try boot(committed)
        #expect(trial.report.action == .swappedForTest)
        #expect(trial.report.isTrial)
        let during = try update(trial.contents, new)
        #expect(during.state == .trial)
        let confirmed = try boot(trial.contents, confirm: true)
        let after = try update(try boot(committed).contents, new)
        #expect(after.contentAnswers == 0)
        var flash = CutFlash(geometry: map.geometry, contents: trial.contents)
        _ = try Confirmation<HostCryptography>.confirm(flash: &flash, map: map)
        let done = try update(flash.contents, new)
        #expect(done.state == .confirmed)
        #expect(done.contentAnswers == 0)
        #expect(confirmed.report.action == .reverted)
    }

    @Test func nothingIsDownloadedOverTheWayBack() throws {
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, seed: 3)
        let trial = try boot(committed)
        let during = try update(trial.contents, newer)
        #expect(during.outcome == .interrupted(.trialUnconfirmed(offered: try TestRelease.version("1.2.0"))))
        let back = try boot(during.contents)
        #expect(back.report.action == .reverted)
        #expect(back.report.image.version == (try TestRelease.version("1.0.0")))
    }

    @Test func rolledBackImageIsNotTriedAgainUnlessAsked() throws {
        let back = try boot(try boot(committed).contents)
        #expect(back.report.action == .reverted)
        let again = try update(back.contents, new)
        #expect(again.outcome == .refused(.rolledBack(try TestRelease.version("1.1.0"))))
        #expect(again.state == .rolledBack)
        #expect(again.contentAnswers == 0)

        let asked = try update(again.contents, new, retries: true)
        guard case .committed = asked.outcome else {
            Issue.record("not committed")
            return
        }
        #expect(asked.contentAnswers == 0)
        #expect(try boot(asked.contents).report.action == .swappedForTest)
    }

    @Test func newerReleaseAfterARollBackIsInstalled() throws {
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, seed: 3)
        let back = try boot(try boot(committed).contents)
        let next = try update(back.contents, newer)
        guard case .committed = next.outcome else {
            Issue.record("not committed")
            return
        }
        #expect(try boot(next.contents).report.image.version == (try TestRelease.version("1.2.0")))
    }

    @Test func newerReleaseReplacesACommittedOne() throws {
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 7000, seed: 3)
        let next = try update(committed, newer)
        guard case .committed = next.outcome else {
            Issue.record("not committed")
            return
        }
        #expect(try boot(next.contents).report.image.version == (try TestRelease.version("1.2.0")))
    }

    /// After a swap the slot holds the image before: the progress of the new one must not be believed any more.
    @Test func marksOfAnInstalledImageAreNotBelieved() throws {
        var flash = CutFlash(geometry: map.geometry, contents: try boot(committed).contents)
        _ = try Confirmation<HostCryptography>.confirm(flash: &flash, map: map)
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, seed: 3)
        var run = UpdateRun(map: map, contents: flash.contents, server: TestServer(payload: newer))
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        #expect(run.machine.statistics.resumedBlocks == 0)
    }
}
