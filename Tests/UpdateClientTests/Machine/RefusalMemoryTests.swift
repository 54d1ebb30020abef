import Bootloader
import FirmwareImage
import Flash
import HostCryptography
import Testing
import UpdateClient

/// What was downloaded and refused is not downloaded again, unless something changed that may change the verdict.
@Suite(.timeLimit(.minutes(15))) struct RefusalMemoryTests {
    let old: [UInt8]
    let map: FlashMap
    let contents: [UInt8]

    init() throws {
        old = try TestRelease.image(version: "1.1.0", bodyBytes: 5000, securityCounter: 3, seed: 1)
        map = try TestDevice.smallMap()
        contents = try TestDevice.flash(map, running: old)
    }

    /// What one run of the client came to.
    struct End {
        var outcome: UpdateOutcome?
        var blocks: Int
        var contents: [UInt8]
        var operations: Int
    }

    private func update(
        _ contents: [UInt8],
        _ server: TestServer,
        retries: Bool = false,
        cut: CutFlash.Cut? = nil,
        seed: UInt64 = 1,
        damages: Bool = false,
        stopAfter: UInt32? = nil
    ) throws -> End {
        var run = UpdateRun(map: map, contents: contents, server: server, seed: seed, cut: cut) {
            $0.retriesRefused = retries
            $0.transfer.preferredSZX = 5
        }
        // The last byte of a block in the middle.
        if damages { run.tamper = { index, bytes in if index == 16 { bytes[bytes.count - 1] ^= 1 } } }
        if let stopAfter { run.killed = { statistics, _ in statistics.blocksStored >= stopAfter } }
        let outcome = try run.run()
        return End(
            outcome: outcome,
            blocks: run.server.contentAnswers,
            contents: run.flash.contents,
            operations: run.flash.operations
        )
    }

    private func status(_ contents: [UInt8]) throws -> JournalStatus {
        var flash = CutFlash(geometry: map.geometry, contents: contents)
        let status = try JournalStatus.read(map: map, flash: &flash)
        return try #require(status)
    }

    private func expectCommitted(_ end: End) {
        guard case .committed = end.outcome else {
            Issue.record("\(String(describing: end.outcome))")
            return
        }
    }

    private func forged(_ version: StaticString = "1.2.0") throws -> [UInt8] {
        var payload = try TestRelease.image(version: version, bodyBytes: 9000, securityCounter: 3)
        payload[payload.count - 1] ^= 0x01
        return payload
    }

    private let badSignature = RefusalReason.image(.badSignature)

    @Test func isNotDownloadedAgain() throws {
        let server = TestServer(payload: try forged())
        let first = try update(contents, server)
        #expect(first.outcome == .refused(badSignature))
        #expect(first.blocks > 17)
        let journal = try status(first.contents)
        #expect(journal.refusal == badSignature)
        #expect(journal.isRefusalFinal)
        #expect(journal.bytesMarked == 0)
        var after = first.contents
        for _ in 0..<3 {
            let again = try update(after, server, seed: 2)
            #expect(again.outcome == .refusedEarlier(badSignature))
            #expect(again.blocks == 0)
            #expect(again.operations == 0)
            after = again.contents
        }
    }

    @Test func blockZeroTellsWhereThereIsNo203() throws {
        var server = TestServer(payload: try forged())
        server.validatesETags = false
        let first = try update(contents, server)
        let again = try update(first.contents, server)
        #expect(again.outcome == .refusedEarlier(badSignature))
        #expect(again.blocks == 1)
        #expect(again.operations == 0)
    }

    @Test func isDownloadedAgainWhenAsked() throws {
        let server = TestServer(payload: try forged())
        let first = try update(contents, server)
        let asked = try update(first.contents, server, retries: true)
        #expect(asked.outcome == .refused(badSignature))
        #expect(asked.blocks == first.blocks)
        #expect(try update(asked.contents, server).outcome == .refusedEarlier(badSignature))
    }

    @Test func anotherReleaseIsTaken() throws {
        let first = try update(contents, TestServer(payload: try forged()))
        // The same version, mended.
        let mended = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 3)
        let next = try update(first.contents, TestServer(payload: mended))
        expectCommitted(next)
        // Another refused one takes the place of the first.
        let other = try update(first.contents, TestServer(payload: try forged("1.3.0")))
        #expect(other.outcome == .refused(badSignature))
        #expect(try update(other.contents, TestServer(payload: try forged("1.3.0"))).blocks == 0)
        #expect(try update(other.contents, TestServer(payload: try forged())).outcome == .refused(badSignature))
    }

    /// What the ETag does not name is not the release: it is downloaded once more at once.
    @Test func damageOnTheWayCostsOneMoreDownload() throws {
        let payload = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 3)
        let end = try update(contents, TestServer(payload: payload), damages: true)
        expectCommitted(end)
        #expect(end.blocks > (payload.count + 511) / 512 * 3 / 2)
    }

    /// Damage in the flash under a mark that an earlier run left, or blocks of another image that had the same ETag.
    @Test(arguments: [true, false])
    func aResumedDownloadOfTwoImagesBeginsAnew(isDamage: Bool) throws {
        let payload = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 3)
        var server = TestServer(payload: payload)
        server.etag = [1]
        var flash = try update(contents, server, stopAfter: 10).contents
        if isDamage {
            flash[Int(map.secondary.offset) + 600] ^= 4
        } else {
            server.payloads[7] = try TestRelease.image(
                version: "1.2.0",
                bodyBytes: 9000,
                securityCounter: 3,
                seed: 9
            )
        }
        let end = try update(flash, server)
        expectCommitted(end)
        var flashAfter = CutFlash(geometry: map.geometry, contents: end.contents)
        #expect(try Bootloader<HostCryptography>.boot(flash: &flashAfter, map: map).isTrial)
    }

    /// Two forged answers of 36 bytes with the genuine ETag, in each run: the genuine release is taken as soon as they
    /// end.
    @Test func forgedAnswersDoNotPoison() throws {
        let genuine = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 3)
        var header = Array(genuine.prefix(36))
        // An empty image and the header of an empty TLV area.
        header.replaceSubrange(8..<16, with: [32, 0, 0, 0, 0, 0, 0, 0])
        header.replaceSubrange(32..<36, with: [0x07, 0x69, 4, 0])
        var forger = TestServer(payload: header)
        forger.etag = TestRelease.etag(genuine)
        var after = contents
        for run in 0..<6 {
            let end = try update(after, forger, seed: UInt64(run))
            switch end.outcome {
            case .refused, .refusedEarlier, .interrupted: break
            default: Issue.record("\(String(describing: end.outcome))")
            }
            after = end.contents
            expectCommitted(try update(after, TestServer(payload: genuine), seed: 50))
        }
    }

    /// Where the ETag is not made of the digest, nothing shows that the bytes are those that were released: it is tried
    /// again, ever more seldom, and at once when it is asked for.
    @Test func aForeignServersImageBacksOff() throws {
        var server = TestServer(payload: try forged())
        server.etag = [1, 2, 3]
        var after = contents
        var downloads = ""
        for run in 0..<24 {
            // The ETags change with each start of the server; the image does not.
            server.etag = [1, 2, UInt8(run)]
            let end = try update(after, server, seed: UInt64(run))
            #expect(end.outcome == .refused(badSignature) || end.outcome == .refusedEarlier(badSignature))
            downloads += end.blocks > 1 ? "D" : "."
            after = end.contents
        }
        #expect(downloads == "DD.D...D.......D.......D")
        let asked = try update(after, server, retries: true)
        #expect(asked.outcome == .refused(badSignature) && asked.blocks > 1)
        let mended = TestServer(payload: try TestRelease.image(version: "1.2.0", bodyBytes: 8000, securityCounter: 3))
        expectCommitted(try update(after, mended))
    }

    /// A journal of an earlier program says 2 for whatever was refused for good.
    @Test func anEarlierProgramsRefusalIsTriedOnceMore() throws {
        let server = TestServer(payload: try forged())
        var first = try update(contents, server).contents
        let banks = [Int(map.journal.offset), Int(map.journal.offset) + Int(map.journal.sizeBytes) / 2]
        for bank in banks where first[bank] == 0x46 && first[bank + 19] == 0x81 {
            first[bank + 19] = 2
            var crc = CRC32()
            crc.update(first.span.bytes.extracting(bank..<bank + 44))
            for index in 0..<4 { first[bank + 44 + index] = UInt8(truncatingIfNeeded: crc.value >> UInt32(8 * index)) }
        }
        #expect(try !status(first).isRefusalFinal)
        let second = try update(first, server)
        #expect(second.outcome == .refusedEarlier(badSignature) && second.blocks == 1)
        let third = try update(second.contents, server)
        #expect(third.outcome == .refused(badSignature) && third.blocks > 1)
        #expect(try status(third.contents).isRefusalFinal)
    }

    /// Known by version and size.
    @Test func withoutAnETagItBacksOffAsWell() throws {
        var server = TestServer(payload: try forged())
        server.givesETag = false
        let first = try update(contents, server)
        #expect(first.outcome == .refused(badSignature))
        let second = try update(first.contents, server)
        #expect(second.outcome == .refused(badSignature))
        let third = try update(second.contents, server)
        #expect(third.outcome == .refusedEarlier(badSignature) && third.blocks == 1)
    }

    @Test func tooLargeWithoutASize() throws {
        let payload = try TestRelease.image(
            version: "1.2.0",
            bodyBytes: Int(map.maximumImageSizeBytes) - 100,
            securityCounter: 3
        )
        var server = TestServer(payload: payload)
        server.givesSize = false
        // The end shows the size.
        let reason = RefusalReason.tooLarge(
            sizeBytes: UInt32(payload.count),
            maximumBytes: map.maximumImageSizeBytes
        )
        let first = try update(contents, server)
        #expect(first.outcome == .refused(reason))
        let second = try update(first.contents, server)
        #expect(second.outcome == .refused(reason))
        let third = try update(second.contents, server)
        #expect(third.outcome == .refusedEarlier(reason))
        #expect(third.blocks == 1)
    }

    @Test func anotherSetOfKeysJudgesAnew() throws {
        let server = TestServer(
            payload: try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 3, key: 2)
        )
        let first = try update(contents, server)
        #expect(first.outcome == .refused(.image(.unknownKey)))
        #expect(try update(first.contents, server).outcome == .refusedEarlier(.image(.unknownKey)))
        var flash = CutFlash(geometry: map.geometry, contents: first.contents)
        try TrustStore(map: map).write(try TestDevice.trust(anchors: [1, 2], set: 1), flash: &flash)
        expectCommitted(try update(flash.contents, server))
    }

    @Test func theCounterOfTodayCounts() throws {
        let tooHigh = SecurityCounter.maximumStep + 10
        let payload = try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: tooHigh)
        let server = TestServer(payload: payload)
        func reason(_ running: UInt32) -> RefusalReason {
            .image(.securityCounterTooHigh(found: tooHigh, maximum: running + SecurityCounter.maximumStep))
        }
        let first = try update(contents, server)
        #expect(first.outcome == .refused(reason(3)))
        func running(counter: UInt32) throws -> [UInt8] {
            let image = try TestRelease.image(version: "1.1.1", bodyBytes: 5000, securityCounter: counter, seed: 3)
            var contents = first.contents
            contents.replaceSubrange(Int(map.primary.offset)..<Int(map.primary.offset) + image.count, with: image)
            return contents
        }
        #expect(try update(running(counter: 5), server).outcome == .refusedEarlier(reason(5)))
        expectCommitted(try update(running(counter: 10), server))
    }

    @Test func lowCountersAndWrongProducts() throws {
        let low = TestServer(payload: try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 2))
        let first = try update(contents, low)
        let lowReason = RefusalReason.image(.securityCounterTooLow(found: 2, minimum: 3))
        #expect(first.outcome == .refused(lowReason))
        #expect(try update(first.contents, low).outcome == .refusedEarlier(lowReason))
        let other = TestServer(
            payload: try TestRelease.image(version: "1.2.0", bodyBytes: 9000, productID: 8, securityCounter: 3)
        )
        let second = try update(contents, other)
        #expect(second.outcome == .refused(.wrongProduct(offered: 8, provisioned: 7)))
        #expect(
            try update(second.contents, other).outcome == .refusedEarlier(.wrongProduct(offered: 8, provisioned: 7))
        )
    }

    /// Power fails at every operation of a download that is refused. However it ends, the next whole run refuses, the
    /// one after it without downloading anything, and another release is taken.
    @Test func everyOperationOfARefusedDownload() throws {
        let server = TestServer(payload: try forged())
        let mended = TestServer(payload: try TestRelease.image(version: "1.2.0", bodyBytes: 9000, securityCounter: 3))
        let clean = try update(contents, server)
        for operation in 1...clean.operations {
            for moment in CutFlash.Moment.allCases {
                let hint = "cut \(operation) \(moment)"
                let cut = try update(contents, server, cut: CutFlash.Cut(operation: operation, moment: moment))
                #expect(cut.outcome == .interrupted(.flash(.powerLost)), "\(hint)")
                let next = try update(cut.contents, server, seed: 2)
                let isRefused = next.outcome == .refused(badSignature) || next.outcome == .refusedEarlier(badSignature)
                #expect(isRefused, "\(hint): \(String(describing: next.outcome))")
                let last = try update(next.contents, server, seed: 3)
                #expect(last.outcome == .refusedEarlier(badSignature), "\(hint)")
                #expect(last.blocks == 0, "\(hint)")
                for contents in [cut.contents, last.contents] {
                    let good = try update(contents, mended, seed: 4)
                    guard case .committed = good.outcome else {
                        Issue.record("\(hint): \(String(describing: good.outcome))")
                        continue
                    }
                    var flash = CutFlash(geometry: map.geometry, contents: good.contents)
                    #expect(try Bootloader<HostCryptography>.boot(flash: &flash, map: map).isTrial, "\(hint)")
                }
            }
        }
    }
}
