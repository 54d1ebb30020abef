import Bootloader
import FirmwareImage
import HostCryptography
import Testing
import UpdateClient

/// Update, reset, trial, and what the next update does then.
@Suite(.timeLimit(.minutes(15))) struct TrialTests {
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
        let running = ReleaseSummary(version: try TestRelease.version("1.1.0"), sizeBytes: UInt32(new.count))
        #expect(during.outcome == .interrupted(.trialUnconfirmed(running: running, offered: nil)))
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

    /// The confirmation was cut short, and image_ok reads as written now and then: either the trial is said to go on,
    /// or the image stays, also where image_ok is not read as written any more.
    @Test func upToDateIsOnlyWhatStays() throws {
        let trial = try boot(committed).contents
        let imageOK = Int(map.primary.offset + map.trailer.imageOKOffset)
        var seen = 0
        for seed in 0..<60 as Range<UInt64> {
            var run = UpdateRun(map: map, contents: trial, server: TestServer(payload: new))
            run.flash.doubt(at: imageOK, bit: 1, oneReadIn: 2, seed: seed)
            let outcome = try run.run()
            let after = try boot(run.flash.contents).report
            if case .upToDate = outcome {
                seen += 1
                #expect(after.image.version == (try TestRelease.version("1.1.0")), "seed \(seed)")
            } else {
                guard case .interrupted(.trialUnconfirmed) = outcome else {
                    Issue.record("seed \(seed): \(String(describing: outcome))")
                    continue
                }
            }
        }
        #expect(seen > 0)
    }

    @Test func nothingIsDownloadedOverTheWayBack() throws {
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, seed: 3)
        let trial = try boot(committed)
        let during = try update(trial.contents, newer)
        let running = ReleaseSummary(version: try TestRelease.version("1.1.0"), sizeBytes: UInt32(new.count))
        let offered = try TestRelease.version("1.2.0")
        #expect(during.outcome == .interrupted(.trialUnconfirmed(running: running, offered: offered)))
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

    /// The release was withdrawn after the device had taken it: the device is not what it says it is after the next
    /// reset.
    @Test func aWithdrawnImageThatWaitsIsNotUpToDate() throws {
        let pending = ReleaseSummary(version: try TestRelease.version("1.1.0"), sizeBytes: UInt32(new.count))
        for validates in [true, false] {
            var server = TestServer(payload: old)
            server.validatesETags = validates
            var run = UpdateRun(map: map, contents: committed, server: server)
            #expect(try run.run() == .withdrawn(pending: pending))
            #expect(run.machine.state == .committed)
        }
    }

    /// Servers without stable ETags, or with ETags that are not of the bytes: what was tried and rolled back is known
    /// by version, size and bytes, and what waits is not downloaded once more.
    @Test(arguments: [nil, [1], [2, 2]] as [[UInt8]?])
    func whatWasTriedIsKnownByWhatItIs(etag: [UInt8]?) throws {
        func server(_ payload: [UInt8], _ etag: [UInt8]?) -> TestServer {
            var server = TestServer(payload: payload)
            server.givesETag = etag != nil
            server.etag = etag
            return server
        }
        var first = UpdateRun(map: map, contents: try TestDevice.flash(map, running: old), server: server(new, etag))
        guard case .committed = try first.run() else {
            Issue.record("not committed")
            return
        }
        // Each start of the server has other ETags.
        let other = etag.map { $0 + [9] }
        var again = UpdateRun(map: map, contents: first.flash.contents, server: server(new, other))
        guard case .committed = try again.run() else {
            Issue.record("what waits is not known")
            return
        }
        #expect(again.server.contentAnswers == 1)
        let back = try boot(try boot(first.flash.contents).contents)
        #expect(back.report.action == .reverted)
        var tried = UpdateRun(map: map, contents: back.contents, server: server(new, other))
        #expect(try tried.run() == .refused(.rolledBack(try TestRelease.version("1.1.0"))))
        #expect(tried.server.contentAnswers == 1)
        // But for a mark that what runs stays.
        #expect(tried.flash.operations <= 1)
        // Another image, though its ETag is the one that the first had.
        let newer = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, seed: 3)
        var next = UpdateRun(map: map, contents: back.contents, server: server(newer, etag))
        guard case .committed = try next.run() else {
            Issue.record("not committed")
            return
        }
        #expect(try boot(next.flash.contents).report.image.version == (try TestRelease.version("1.2.0")))
    }

    /// The bytes in the slot are gone, with a download that was broken off: the digest is remembered.
    @Test func whatWasTriedIsKnownByItsDigest() throws {
        var foreign = TestServer(payload: new)
        foreign.etag = [1]
        var first = UpdateRun(map: map, contents: try TestDevice.flash(map, running: old), server: foreign)
        _ = try first.run()
        let back = try boot(try boot(first.flash.contents).contents)
        // Of the same version and another size: begun, and killed.
        foreign.etag = [2]
        foreign.payloads[7] = try TestRelease.image(version: "1.1.0", bodyBytes: 7000, seed: 4)
        var killed = UpdateRun(map: map, contents: back.contents, server: foreign)
        killed.killed = { statistics, _ in statistics.blocksStored >= 3 }
        #expect(try killed.run() == nil)
        foreign.etag = [3]
        foreign.payloads[7] = new
        var again = UpdateRun(map: map, contents: killed.flash.contents, server: foreign)
        let rolledBack = RefusalReason.rolledBack(try TestRelease.version("1.1.0"))
        #expect(try again.run() == .refused(rolledBack))
        foreign.etag = [4]
        var later = UpdateRun(map: map, contents: again.flash.contents, server: foreign)
        #expect(try later.run() == .refused(rolledBack))
        var asked = UpdateRun(map: map, contents: later.flash.contents, server: foreign) { $0.retriesRefused = true }
        guard case .committed = try asked.run() else {
            Issue.record("not committed")
            return
        }
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
