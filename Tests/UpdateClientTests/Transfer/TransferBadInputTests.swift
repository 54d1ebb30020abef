import CoAP
import Testing
import UpdateClient

/// A server that answers wrongly, always or from some request on, and how the transfer must end.
struct TransferGarbageCase: CustomTestStringConvertible, Sendable {
    var name: String
    var expected: TransferError
    var spoil: @Sendable (inout BlockResponse, BlockRequest) -> Void

    var testDescription: String { name }

    static let all: [TransferGarbageCase] = [
        .init(name: "block option contradicts the request", expected: .garbage(.wrongBlock)) { response, request in
            response.block = try? BlockOption(number: request.blockNumber &+ 1, more: true, szx: 6)
        },
        .init(name: "payload shorter than SZX", expected: .garbage(.payloadLength)) { response, _ in
            response.payloadByteCount -= 1
        },
        .init(name: "payload longer than SZX", expected: .garbage(.payloadLength)) { response, _ in
            response.payloadByteCount += 1
        },
        .init(name: "no payload at all", expected: .garbage(.payloadLength)) { response, _ in
            response.payloadByteCount = 0
        },
        .init(name: "M set at the end", expected: .garbage(.wrongEnd)) { response, request in
            guard let block = response.block, !block.more else { return }
            response.block = try? BlockOption(number: block.number, more: true, szx: 6)
            response.payloadByteCount = 1024
        },
        .init(name: "M missing before the end", expected: .garbage(.wrongEnd)) { response, request in
            guard let block = response.block, block.number > 0, block.more else { return }
            response.block = try? BlockOption(number: block.number, more: false, szx: 6)
        },
        .init(name: "larger blocks than asked for", expected: .garbage(.largerBlocks)) { response, request in
            response.block = try? BlockOption(number: request.blockNumber >> 1, more: true, szx: 6)
            response.payloadByteCount = 1024
        },
        .init(name: "no Block2 in later answers", expected: .garbage(.missingBlockOption)) { response, request in
            if request.blockNumber > 0 { response.block = nil }
        },
        .init(name: "another size in later answers", expected: .garbage(.wrongSize)) { response, request in
            if request.blockNumber > 0 { response.sizeBytes = 7 }
        },
        .init(name: "no ETag in later answers", expected: .garbage(.missingETag)) { response, request in
            if request.blockNumber > 0 { response.etag = nil }
        },
        .init(name: "a code that answers no GET", expected: .garbage(.unexpectedCode(.created))) { response, _ in
            response.code = .created
        },
        .init(name: "2.03 to a later block", expected: .garbage(.unexpectedCode(.valid))) { response, request in
            if request.blockNumber > 0 { response.code = .valid }
        },
        .init(name: "always block 0", expected: .garbage(.wrongBlock)) { response, _ in
            response.block = try? BlockOption(number: 0, more: true, szx: 6)
            response.payloadByteCount = 1024
        },
    ]
}

@Suite("Transfer: bad input", .timeLimit(.minutes(15)))
struct TransferBadInputTests {
    @Test("garbage for ever costs bounded bytes and ends in a typed failure", arguments: TransferGarbageCase.all)
    func garbageForEver(_ garbage: TransferGarbageCase) {
        var server = TransferServer(imageBytes: 40 << 10)
        server.spoil = garbage.spoil
        var configuration = TransferConfiguration()
        // So that a server has larger blocks to offer than were asked for.
        if garbage.expected == .garbage(.largerBlocks) { configuration.preferredSZX = 5 }
        let run = TransferRun(server, configuration: configuration)
        run.run()
        #expect(run.failure == garbage.expected)
        #expect(run.payloadBytes < 8 * (40 << 10) + (64 << 10) + 8192)
        #expect(run.sent.count < 3000)
        let request = run.engine.nextRequest(now: run.now)
        #expect(request == nil)
        let wakeup = run.engine.nextWakeup
        #expect(wakeup == nil)
    }

    @Test("answers with unknown tokens are ignored")
    func unknownTokens() {
        let run = TransferRun(TransferServer(imageBytes: 20 << 10))
        run.onDelivery = { response, _ in
            var foreign = response
            foreign.token = Token(value: response.token.value ^ 0x5555, length: 4) ?? .empty
            var short = response
            short.token = Token(value: 1, length: 1) ?? .empty
            return [foreign, short, response]
        }
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.dispositions.filter { $0 == .ignored }.count >= 38)
    }

    @Test("duplicated answers are stored once")
    func duplicatedAnswers() {
        let run = TransferRun(TransferServer(imageBytes: 20 << 10))
        run.onDelivery = { response, _ in [response, response, response] }
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
        #expect(run.dispositions.contains(.duplicate))
    }

    @Test("late answers are taken, or known as duplicates, and never stored twice")
    func lateAnswers() {
        var held: [BlockResponse] = []
        let run = TransferRun(TransferServer(imageBytes: 64 << 10))
        run.onDelivery = { response, _ in
            // Every seventh comes when twenty others have.
            if run.stored.count % 7 == 3, held.count < 20 {
                held.append(response)
                return []
            }
            guard held.count == 20 else { return [response] }
            defer { held = [] }
            return held + [response]
        }
        run.run()
        #expect(run.engineView.isComplete && run.hasWholeImage)
    }

    @Test("answers to another session's requests are unknown")
    func otherSession() {
        let run = TransferRun(TransferServer(imageBytes: 64 << 10))
        run.run(stopAt: { $0.stored.count == 10 })
        let old = run.sent.suffix(3).map(\.request)
        run.engine.channelRenewed(now: run.now)
        for request in old {
            var response = BlockResponse(token: request.token, code: .content)
            response.block = try? BlockOption(number: request.blockNumber, more: true, szx: 6)
            response.payloadByteCount = 1024
            #expect(run.engine.receive(response, now: run.now) == .ignored)
        }
    }

    @Test("a flood of unknown answers ends the transfer when it has cost too much")
    func flood() {
        let run = TransferRun(TransferServer(imageBytes: 20 << 10))
        run.run(stopAt: { $0.stored.count == 5 })
        var response = BlockResponse(token: Token(value: 99, length: 4) ?? .empty, code: .content)
        response.payloadByteCount = 1024
        var answers = 0
        while answers < 10_000, run.engine.failure == nil {
            _ = run.engine.receive(response, now: run.now)
            answers += 1
        }
        #expect(run.engineView.failure == .tooManyBytes)
        #expect(answers < 300)
    }

    @Test("4.xx is terminal", arguments: [Code.unauthorized, .forbidden, .notFound, .methodNotAllowed, .notAcceptable])
    func clientErrors(_ code: Code) {
        for block in [UInt32(0), 9] {
            var server = TransferServer(imageBytes: 20 << 10)
            server.spoil = { response, request in
                if request.blockNumber == block { response.code = code }
            }
            let run = TransferRun(server)
            run.run()
            #expect(run.failure == .rejected(code), "at block \(block)")
        }
    }

    @Test("an empty representation and one too large are refused", arguments: [0, 5000 << 10])
    func sizes(_ bytes: Int) {
        var server = TransferServer(imageBytes: max(bytes, 1))
        if bytes == 0 {
            server.spoil = { response, _ in
                response.payloadByteCount = 0
                response.sizeBytes = 0
            }
        }
        let run = TransferRun(server)
        run.run()
        #expect(run.failure == (bytes == 0 ? .empty : .tooLarge(sizeBytes: 5000 << 10)))
    }

    @Test("Size2 beyond what block numbers can say is refused", arguments: [UInt32.max, 1 << 31])
    func hugeSize(_ size: UInt32) {
        var server = TransferServer(imageBytes: 20 << 10)
        server.spoil = { response, _ in response.sizeBytes = size }
        let run = TransferRun(server)
        run.run()
        #expect(run.failure == .tooLarge(sizeBytes: size))
    }

    @Test("an image of one block more than the bitmaps have room for is refused")
    func noRoomForItsBlocks() {
        var configuration = TransferConfiguration()
        configuration.maximumBlocks = 20
        for (imageBytes, isTooLarge) in [(20 << 10, false), (20 << 10 | 1, true)] {
            let run = TransferRun(TransferServer(imageBytes: imageBytes), configuration: configuration)
            run.run()
            #expect(run.failure == (isTooLarge ? .tooLarge(sizeBytes: UInt32(imageBytes)) : nil))
            #expect(run.engineView.isComplete != isTooLarge)
        }
    }
}
