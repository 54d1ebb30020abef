import Bootloader
import CoAP
import FirmwareImage
import Testing
import UpdateClient

/// Paths that carry small datagrams only, and paths that lose their channel again and again.
@Suite(.timeLimit(.minutes(15))) struct PathTests {
    let new: [UInt8]
    let map: FlashMap
    let contents: [UInt8]

    init() throws {
        new = try TestRelease.image(version: "1.1.0", bodyBytes: 60_000, seed: 2)
        map = try TestDevice.map()
        contents = try TestDevice.flash(map, running: try TestRelease.image(version: "1.0.0", seed: 1))
    }

    private func run(_ contents: [UInt8], seed: UInt64 = 1, blockSize: UInt8? = nil) -> UpdateRun {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new), seed: seed) {
            if let blockSize {
                $0.transfer.preferredSZX = blockSize
                $0.remembersBlockSize = false
            }
        }
        run.shownRoundTrip = .milliseconds(100)
        run.spacing = .milliseconds(20)
        return run
    }

    private func expectCommitted(_ run: inout UpdateRun) throws {
        let outcome = try run.run(limit: .seconds(600))
        guard case .committed = outcome else {
            Issue.record("\(String(describing: outcome))")
            return
        }
        let base = Int(map.secondary.offset)
        #expect(Array(run.flash.contents[base..<base + new.count]) == new)
    }

    private func szx(_ request: [UInt8]) throws -> UInt8? {
        var options = try MessageView(request.span.bytes).options
        while let option = options.next() {
            if option.number == .block2 { return try BlockOption(option.value).szx }
        }
        return nil
    }

    /// Large datagrams are dropped from the beginning: found within seconds, and told apart from plain loss by what
    /// comes.
    @Test(arguments: [(600, 512), (400, 256), (200, 128), (100, 64)])
    func blackHole(bytes: Int, blockBytes: Int) throws {
        var run = run(contents)
        run.maximumBytes = { _ in bytes }
        try expectCommitted(&run)
        #expect(run.machine.statistics.blockSizeBytes == blockBytes)
        // Beyond what the blocks take.
        let search = run.now - run.spacing * (new.count / blockBytes)
        #expect(search < .seconds(5), "\(search)")
    }

    @Test func blackHoleOverPlainCoAP() throws {
        var run = run(contents)
        run.shownRoundTrip = nil
        run.maximumBytes = { _ in 600 }
        try expectCommitted(&run)
        #expect(run.machine.statistics.blockSizeBytes == 512)
        #expect(run.now < .seconds(6), "\(run.now)")
    }

    /// The path changes in mid-transfer; what is in flash stays, and the next run begins with the smaller blocks.
    @Test(arguments: [(600, UInt8(5)), (300, 4)])
    func blackHoleInMidTransfer(bytes: Int, found: UInt8) throws {
        var whole = run(contents)
        whole.killed = { statistics, _ in statistics.blocksStored >= 8 }
        #expect(try whole.run() == nil)
        let middle = whole.now
        var run = run(contents)
        run.maximumBytes = { $0 >= middle ? bytes : .max }
        run.killed = { statistics, _ in
            statistics.blockSizeBytes < 1024 && Int(statistics.blocksStored) * statistics.blockSizeBytes > 20_000
        }
        #expect(try run.run() == nil)
        #expect(run.machine.statistics.blockSizeBytes == 16 << Int(found), "\(run.machine.statistics)")
        #expect(run.now < middle + .seconds(8), "\(run.now - middle)")
        let stored = run.machine.statistics.blocksStored
        var next = self.run(run.flash.contents, seed: 2)
        next.maximumBytes = { _ in bytes }
        try expectCommitted(&next)
        #expect(try next.sent.first.flatMap(szx) == found)
        #expect(next.channels == 1)
        // By units: a unit of 1024 bytes that has not all of its blocks is not resumed.
        let resumed = next.machine.statistics.resumedBlocks
        #expect(resumed <= stored && resumed + 20 >= stored && resumed > 16)
    }

    /// The journal is of a path that carried all: a resumed download finds out as well, and an explicit size is kept
    /// to.
    @Test func blackHoleOnAResumedDownload() throws {
        var killed = run(contents)
        killed.killed = { statistics, _ in statistics.blocksStored >= 20 }
        #expect(try killed.run() == nil)
        var found = run(killed.flash.contents, seed: 2)
        found.maximumBytes = { _ in 600 }
        try expectCommitted(&found)
        #expect(found.machine.statistics.resumedBlocks >= 38)
        var asked = run(killed.flash.contents, seed: 2, blockSize: 4)
        asked.maximumBytes = { _ in 400 }
        try expectCommitted(&asked)
        #expect(asked.now < .seconds(5))
        for request in asked.sent { #expect(try szx(request) == 4) }
    }

    /// An explicit size is asked for though the journal says that smaller ones were needed.
    @Test func anExplicitSizeIsAskedForOnAResumedDownload() throws {
        var killed = run(contents)
        killed.maximumBytes = { _ in 600 }
        killed.killed = { statistics, _ in statistics.blocksStored >= 40 }
        #expect(try killed.run() == nil)
        var next = run(killed.flash.contents, seed: 2, blockSize: 6)
        try expectCommitted(&next)
        #expect(next.machine.statistics.blockSizeBytes == 1024)
        #expect(next.machine.statistics.resumedBlocks > 15)
    }

    /// Plain loss and outages are not taken for a black hole: smaller blocks would cost throughput.
    @Test func lossIsNoBlackHole() throws {
        var smaller = 0
        for seed in 1...100 as ClosedRange<UInt64> {
            var run = run(contents, seed: seed)
            var state = seed
            var lost: [Int: Bool] = [:]
            for index in 1...2000 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                lost[index] = (state >> 33) % 100 < 15
            }
            let outage = 100 + Int(seed % 50)
            run.isLost = { lost[$0] ?? false || (outage..<outage + 40).contains($0) }
            try expectCommitted(&run)
            if run.machine.statistics.blockSizeBytes < 1024 { smaller += 1 }
        }
        #expect(smaller <= 2, "\(smaller) of 100")
    }

    /// A NAT gives a new port every two seconds: what the old channel carried is gone. Noticed in a few round trips.
    @Test func aChannelThatIsGoneIsNoticedByWhatIsOverdue() throws {
        var run = run(contents)
        run.isAlive = { since, now in since.components.seconds / 2 == now.components.seconds / 2 }
        // Slow enough to meet several of them.
        run.delay = .milliseconds(60)
        try expectCommitted(&run)
        for up in run.ups.dropFirst() {
            let late = up - .seconds(up.components.seconds / 2 * 2)
            #expect(late < .milliseconds(900), "\(late)")
        }
    }

    /// A binding that is lost again before a renewed channel had its first answer: as long as a few round trips is
    /// waited for one, not as long as three probes with doubled timers.
    @Test func aRenewedChannelWithoutAnAnswerIsRenewed() throws {
        var run = UpdateRun(map: map, contents: contents, server: TestServer(payload: new))
        run.delay = .milliseconds(500)
        run.spacing = .milliseconds(200)
        run.shownRoundTrip = .seconds(1)
        // The first lives for eight seconds, the second not at all.
        let second = Duration.seconds(20)
        run.isAlive = { since, now in since < .seconds(3) ? now < .seconds(8) : since > second || now < since }
        guard case .committed = try run.run() else {
            Issue.record("not committed")
            return
        }
        let ups = run.ups
        #expect(ups.count >= 3)
        for (one, next) in zip(ups.dropFirst(), ups.dropFirst(2)) { #expect(next - one < .seconds(16), "\(ups)") }
    }

    /// The product's folder is away for two seconds in mid-update.
    @Test func anUnknownProductInMidUpdatePasses() throws {
        var run = run(contents)
        let payload = new
        run.server.onRequest = { count, server in
            if count == 20 { server.payloads = [:] }
            if count == 30 { server.payloads = [7: payload] }
        }
        try expectCommitted(&run)
    }

    @Test func anUnknownProductInMidUpdateIsInterrupted() throws {
        var run = run(contents)
        run.server.onRequest = { count, server in if count == 20 { server.payloads = [:] } }
        #expect(try run.run() == .interrupted(.productGone))
        #expect(run.now > .seconds(30) && run.now < .seconds(120))
        #expect(run.machine.statistics.blocksStored > 5)
        var next = self.run(run.flash.contents, seed: 2)
        next.server.payloads = [:]
        #expect(try next.run() == .interrupted(.productGone))
        var last = self.run(next.flash.contents, seed: 3)
        try expectCommitted(&last)
        #expect(last.machine.statistics.resumedBlocks > 5)
    }
}
