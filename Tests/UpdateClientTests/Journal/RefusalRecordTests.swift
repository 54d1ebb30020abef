import Bootloader
import FirmwareImage
import Testing
import UpdateClient

/// The bytes of a refusal in the journal's header.
@Suite(.timeLimit(.minutes(15))) struct RefusalRecordTests {
    static let reasons: [RefusalReason] = [
        .image(.notAnImage), .image(.truncated), .image(.headerSize(31)), .image(.unsupportedFlags(0x8000_0001)),
        .image(.malformedTLVArea), .image(.malformedTLV(type: 0xFFFE)), .image(.duplicateTLV(type: 0x10)),
        .image(.tooManyTLVs), .image(.unprotectedTLV(type: 0xA0)), .image(.missingDigest), .image(.digestMismatch),
        .image(.unknownKey), .image(.badSignature), .image(.missingProduct(expected: 7)),
        .wrongProduct(offered: 65_535, provisioned: 7),
        .image(.securityCounterTooLow(found: .max - 1, minimum: .max)),
        .image(.securityCounterTooHigh(found: .max, maximum: 1)), .tooLarge(sizeBytes: nil, maximumBytes: 5),
        .tooLarge(sizeBytes: 6, maximumBytes: 5),
    ]

    @Test(arguments: reasons) func comesBack(reason: RefusalReason) throws {
        let written = try #require(JournalRefusal(reason, anchorSetNumber: 9))
        #expect(written.code > 0)
        let read = JournalRefusal(code: written.code, found: written.found, judgedBy: written.judgedBy)
        #expect(read?.reason(for: try identity()) == reason)
    }

    @Test func notKept() throws {
        let version = try TestRelease.version("1.0.0")
        let reasons: [RefusalReason] = [
            .downgrade(offered: version, running: version), .empty, .rolledBack(version),
            .image(.source(.unreadable(5))),
        ]
        for reason in reasons { #expect(JournalRefusal(reason, anchorSetNumber: 0) == nil) }
        #expect(JournalRefusal(code: 0, found: 1, judgedBy: 1) == nil)
        #expect(JournalRefusal(code: 200, found: 1, judgedBy: 1)?.reason(for: try identity()) == nil)
    }

    private func identity() throws -> JournalIdentity {
        let version = try TestRelease.version("1.2.0")
        return JournalIdentity(productID: 7, etag: nil, szx: 6, sizeBytes: 9000, isSizeExact: true, version: version)
    }

    /// The fields were 0 before refusals were kept, and are so for a download without any: journals of older programs
    /// are read as ever.
    @Test func byteMap() throws {
        let map = try TestDevice.smallMap()
        let contents = try TestDevice.flash(map, running: nil)
        var payload = try TestRelease.image(version: "1.2.0", bodyBytes: 9000)
        payload[payload.count - 1] ^= 1
        let server = TestServer(payload: payload)
        var killed = UpdateRun(map: map, contents: contents, server: server)
        killed.killed = { statistics, _ in statistics.blocksStored >= 3 }
        #expect(try killed.run() == nil)
        let download = try newestHeader(killed.flash.contents, map)
        #expect(download[18..<20].allSatisfy { $0 == 0 })
        #expect(download[36..<44].allSatisfy { $0 == 0 })
        var run = UpdateRun(map: map, contents: killed.flash.contents, server: server)
        #expect(try run.run() == .refused(.image(.badSignature)))
        let refusal = try newestHeader(run.flash.contents, map)
        let written = try #require(JournalRefusal(.image(.badSignature), anchorSetNumber: 0))
        #expect(Array(refusal[18..<20]) == [written.code, 0x81])
        #expect(refusal[36..<44].allSatisfy { $0 == 0 })
        // What it is of has not changed.
        #expect(refusal[8..<18] == download[8..<18])
        #expect(refusal[20..<36] == download[20..<36])
    }

    private func newestHeader(_ contents: [UInt8], _ map: FlashMap) throws -> [UInt8] {
        let offset = Int(map.journal.offset)
        let headers = [offset, offset + Int(map.journal.sizeBytes) / 2].map { Array(contents[$0..<$0 + 48]) }
            .filter { $0[0] == 0x46 }
        return try #require(headers.max { $0[4] < $1[4] })
    }
}
