import CoAP
import FirmwareImage
import Flash
import UpdateClient

/// What the update client does.
extension Life {
    enum SessionEnd { case goal, goesOn }

    /// One run of the client, to its end.
    mutating func session() throws -> SessionEnd {
        let image = setting.image(facts.offer)
        let asked = facts.asked
        note { facts in
            facts.step = .session
            if image.version > facts.origin, facts.offer != .broken {
                facts.expectation.trial.insert(image.version)
                facts.asked.trial.insert(image.version)
            }
            facts.expectation.lasting.insert(facts.origin)
        }
        let outcome = try update(from: image)
        try checkProgress()
        progress = nil
        switch outcome {
        case .committed(let summary) where summary.version == image.version && facts.offer != .broken:
            try committed(image)
            return setting.scenario.endsCommitted ? .goal : .goesOn
        case .interrupted(.swapUnderWay) where mayAskForReboot(facts):
            note { facts in
                facts.step = .rest
                facts.asked = asked
            }
            return .goesOn
        case .upToDate where image.version == facts.origin:
            return try endSession(goal: true, asked: asked)
        case .refused(.rolledBack(image.version)) where facts.tried.contains(image.version):
            let isGoal = setting.scenario.endsRolledBack
            let next: Offer? = isGoal ? nil : facts.offer == .newer ? .newest : .newer
            return try endSession(goal: isGoal, nextOffer: next, asked: asked)
        case .refused(.downgrade) where image.version < facts.origin:
            return try endSession(goal: true, asked: asked)
        case .refused(.image(.badSignature)) where facts.offer == .broken:
            // The same once more, as long as nobody releases another.
            let again = try update(from: image)
            guard again == .refusedEarlier(.image(.badSignature)) else {
                throw RunError.violation("a refused image is taken again, which ends as \(again)")
            }
            return try endSession(goal: false, nextOffer: .new, asked: asked)
        case .refusedEarlier where facts.offer == .broken && facts.cuts > 0:
            // A read that was wrong may have had it refused for another reason.
            return try endSession(goal: false, nextOffer: .new, asked: asked)
        default:
            throw RunError.violation("the update to \(image.version.text) ends as \(outcome)")
        }
    }

    /// What `update` says after it: this image is there, and the next boot tries it.
    mutating func committed(_ image: Image) throws {
        try check(image, in: .secondary, "hands over")
        note { facts in
            facts.step = .rest
            facts.expectation = Expectation(trial: [image.version])
            facts.asked = facts.expectation
        }
    }

    /// Nothing was committed; what was asked for before may still stand.
    private mutating func endSession(
        goal: Bool,
        nextOffer: Offer? = nil,
        asked: Expectation
    ) throws -> SessionEnd {
        note { $0.asked = asked }
        try forgetErasedRequest()
        note { facts in
            facts.step = .rest
            facts.expectation = .settled(facts.origin).or(facts.asked)
            if let nextOffer { facts.offer = nextOffer }
        }
        return goal ? .goal : .goesOn
    }

    mutating func update(from image: Image) throws -> UpdateOutcome {
        var machine = Machine(configuration: configuration, randomSeed: 1)
        var server = ImageServer(image)
        let outcome = try exchange(&machine, &server, stopAfter: nil)
        if let objection = progress?.objection(served: server.servedBytes, of: image, cuts: facts.cuts) {
            throw RunError.violation(objection)
        }
        return outcome
    }

    /// Downloads some blocks and is killed.
    mutating func beginDownload(of image: Image, blocks: UInt32) throws {
        var machine = Machine(configuration: configuration, randomSeed: 2)
        var server = ImageServer(image)
        guard try exchange(&machine, &server, stopAfter: blocks) == .interrupted(.stopped) else {
            throw RunError.setup("the first half of a download")
        }
    }

    private var configuration: UpdateConfiguration {
        var configuration = UpdateConfiguration(productID: Images.productID, map: setting.map)
        configuration.transfer.preferredSZX = setting.szx
        configuration.transfer.maximumBlocks = setting.map.maximumImageSizeBytes >> (UInt32(setting.szx) + 4) + 1
        configuration.transfer.maximumInFlight = 4
        return configuration
    }

    private mutating func exchange(
        _ machine: inout Machine,
        _ server: inout ImageServer,
        stopAfter blocks: UInt32?
    ) throws -> UpdateOutcome {
        var now = Duration.zero
        var answers: [[UInt8]] = []
        machine.start(flash: &flash, now: now)
        for _ in 0..<10_000 {
            switch machine.nextAction(now: now) {
            case .openChannel:
                machine.channelUp(now: now)
            case .closeChannel:
                break
            case .transmit:
                let answer = try server.respond(to: machine.outgoing)
                if !answer.isEmpty { answers.append(answer) }
            case .wait(let until):
                if let blocks, machine.statistics.blocksStored >= blocks {
                    machine.stop()
                } else if !answers.isEmpty {
                    now += .milliseconds(20)
                    // What was asked for last arrives first, so that sectors are filled from behind.
                    let answer = answers.removeLast()
                    machine.receive(answer.span.bytes, flash: &flash, now: now)
                } else if let until {
                    now = max(now, until)
                    machine.timerFired(flash: &flash, now: now)
                } else {
                    throw RunError.violation("the client waits for nothing")
                }
            case .finished(let outcome):
                return outcome
            }
        }
        throw RunError.violation("the client does not end")
    }

    /// What the journal calls progress is in flash, of the one image that it names.
    func checkProgress() throws {
        var copy = flash.observed
        let status: JournalStatus?
        do throws(FlashError) {
            status = try JournalStatus.read(map: setting.map, flash: &copy)
        } catch {
            throw RunError.violation("the journal cannot be read: \(error)")
        }
        if let status { try check(status) }
    }

    func check(_ status: JournalStatus) throws {
        guard !status.isSealed else { return }
        guard
            let image = setting.images.all.first(where: {
                $0.etag == status.identity.etag && $0.bytes.count == Int(status.identity.sizeBytes)
            })
        else { throw RunError.violation("progress of an image that was never offered") }
        let slot = Int(setting.map.secondary.offset)
        for unit in 0..<status.unitCount where status.isMarked(unit) {
            let start = Int(unit * status.unitBytes)
            let range = start..<min(start + Int(status.unitBytes), image.bytes.count)
            guard flash.holds(image.bytes[range], at: slot + range.lowerBound) else {
                throw RunError.violation("bytes \(range) of \(image.version.text) are marked, but others are in flash")
            }
            guard flash.isSure(slot + range.lowerBound..<slot + range.upperBound) else {
                throw RunError.violation(
                    "bytes \(range) of \(image.version.text) are marked, but some bits are not sure"
                )
            }
        }
    }
}
