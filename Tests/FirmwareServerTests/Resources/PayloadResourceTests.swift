import CoAP
import Credentials
import FirmwareServer
import Testing

/// The payload rows of `docs/protocol.md`: `/fw/{pid}` and `/fw/{pid}/{version}`.
@Suite(.timeLimit(.minutes(15))) struct PayloadResourceTests {
    let current = Served.payload(5000, seed: 2)
    let old = Served.payload(3000, seed: 1)

    @Test func theFirstBlockCarriesBlock2SizeAndETag() throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw/7").block(0, szx: 6)))
        #expect(reply.type == .acknowledgement)
        #expect(reply.messageID == 0x1234)
        #expect(reply.token == [0xA1, 0xB2])
        #expect(reply.code == .content)
        #expect(reply.etag == Served.etag(of: current))
        #expect(reply.uint(.size2) == 5000)
        #expect(reply.uint(.contentFormat) == 42)
        #expect(reply.block2 == (try BlockOption(number: 0, more: true, szx: 6)))
        #expect(reply.payload == Array(current[0..<1024]))
        #expect(reply.uint(.maxAge) == nil, "the current release keeps CoAP's default of 60 s")
    }

    @Test func theExactBytesOfABlock() throws {
        let served = try Served.standard()
        let request = Request("fw/7").block(2, szx: 0)
        let expected: [UInt8] =
            [0x62, 0x45, 0x12, 0x34, 0xA1, 0xB2, 0x48] + Served.etag(of: current)
            + [0x81, 42, 0xB1, 0x28, 0xFF] + current[32..<48]
        #expect(served.bytes(request.bytes) == expected)
    }

    @Test func withoutBlock2TheFirstBlockOf1024Comes() throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw/7")))
        #expect(reply.block2 == (try BlockOption(number: 0, more: true, szx: 6)))
        #expect(reply.uint(.size2) == 5000)
        #expect(reply.payload == Array(current[0..<1024]))
    }

    @Test(arguments: UInt8(0)...6)
    func everyBlockSizePutsThePayloadTogether(szx: UInt8) throws {
        let served = try Served.standard()
        let size = 16 << Int(szx)
        let count = (5000 + size - 1) / size
        var assembled = [UInt8](repeating: 0, count: 5000)
        // Any order: the odd blocks backwards, then the even ones.
        for number in (0..<count).reversed().filter({ $0 % 2 == 1 }) + (0..<count).filter({ $0 % 2 == 0 }) {
            let reply = try #require(served.reply(Request("fw/7").block(UInt32(number), szx: szx)))
            #expect(reply.code == .content)
            #expect(reply.block2 == (try BlockOption(number: UInt32(number), more: number < count - 1, szx: szx)))
            #expect(reply.etag == Served.etag(of: current))
            #expect((reply.uint(.size2) != nil) == (number == 0))
            assembled.replaceSubrange(number * size..<number * size + reply.payload.count, with: reply.payload)
        }
        #expect(assembled == current)
    }

    @Test func sizeComesWithAnyBlockWhenAskedFor() throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw/7").block(3, szx: 6).with(.size2)))
        #expect(reply.uint(.size2) == 5000)
    }

    @Test func aVersionIsServedForLong() throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw/7/1.0.0").block(2, szx: 6)))
        #expect(reply.code == .content)
        #expect(reply.uint(.maxAge) == 31_536_000)
        #expect(reply.etag == Served.etag(of: old))
        #expect(reply.payload == Array(old[2048..<3000]))
        #expect(reply.block2 == (try BlockOption(number: 2, more: false, szx: 6)))
    }

    @Test(arguments: [(UInt32(5), UInt8(6)), (313, 0), (0xF_FFFF, 6), (0xF_FFFF, 0)])
    func aBlockPastTheEndIs402(number: UInt32, szx: UInt8) throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw/7").block(number, szx: szx)))
        #expect(reply.code == .badOption)
        #expect(reply.block2 == nil)
    }

    @Test func theLastBlockOfAnExactMultipleIsNotFollowedByAnEmptyOne() throws {
        let served = try Served.standard()
        let last = try #require(served.reply(Request("fw/8").block(0, szx: 6)))
        #expect(last.payload.count == 1024)
        #expect(last.block2?.more == false)
        #expect(served.reply(Request("fw/8").block(1, szx: 6))?.code == .badOption)
    }

    @Test func reservedBlockSizeIs400() throws {
        let served = try Served.standard()
        #expect(served.reply(Request("fw/7").block(0, szx: 7))?.code == .badRequest)
        #expect(served.reply(Request("fw/7", type: .nonConfirmable).block(0, szx: 7))?.code == .badRequest)
    }

    @Test(arguments: [
        ("fw/6", Code.notFound), ("fw/65536", .notFound), ("fw/07", .notFound), ("fw/-7", .notFound),
        ("fw/7/1.2.0", .notFound), ("fw/7/1.0", .notFound), ("fw/7/1.0.0+0", .notFound), ("fw/7/01.0.0", .notFound),
        ("fw/7/1.0.0/x", .notFound), ("fw/7/manifest", .notFound), ("fw/x", .notFound), ("", .notFound),
        ("fwx", .notFound), ("FW/7", .notFound), (".well-known", .notFound), (".well-known/core/x", .notFound),
        ("fw/9", .forbidden), ("fw/9/2.0.0", .forbidden), ("fw/9/3.0.0", .forbidden), ("fw/77", .notFound),
        ("fw/7/1.1.0", .content), ("fw/8", .content),
    ])
    func whatIsNotThereAndWhatIsNotAllowed(path: String, code: Code) throws {
        let served = try Served.standard()
        #expect(served.reply(Request(path))?.code == code)
    }

    @Test func anUnknownProductIsAnsweredWithThoseThatMayBeRead() throws {
        let served = try Served.standard()
        let reply = try #require(served.reply(Request("fw/6")))
        #expect(reply.text == "no such product; this identity may read 7, 8")
        #expect(reply.uint(.contentFormat) == nil, "a diagnostic payload has no format, RFC 7252 § 5.5.2")
        let stranger = PeerIdentity.authenticated(Served.identity("stranger"))
        #expect(served.reply(Request("fw/6"), from: stranger)?.text.hasSuffix("none") == true)
    }

    @Test func aTrailingSlashIsAnotherPath() throws {
        let served = try Served.standard()
        #expect(served.reply(Request("fw/7").with(.uriPath))?.code == .notFound)
    }

    @Test(arguments: [Code.post, .put, .delete, .fetch, .patch, .iPatch, Code(class: 0, detail: 31)])
    func otherMethodsAre405(code: Code) throws {
        let served = try Served.standard()
        for path in ["fw", "fw/7", "fw/7/1.0.0", ".well-known/core"] {
            #expect(served.reply(Request(path, code: code))?.code == .methodNotAllowed, "\(path)")
        }
        #expect(served.reply(Request("nothing", code: code))?.code == .notFound)
    }

    @Test func aTagThatMatchesIs203() throws {
        let served = try Served.standard()
        let tag = Served.etag(of: current)
        let valid = try #require(served.reply(Request("fw/7").with(.etag, [1, 2, 3]).with(.etag, tag)))
        #expect(valid.code == .valid)
        #expect(valid.etag == tag)
        #expect(valid.payload.isEmpty)
        #expect(valid.block2 == nil)
        #expect(served.reply(Request("fw/7").with(.etag, tag).block(0, szx: 4))?.code == .valid)
        #expect(served.reply(Request("fw/7").with(.etag, tag).block(1, szx: 4))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.etag, Served.etag(of: old)))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.etag, Array(tag.prefix(7))))?.code == .content)
        let version = try #require(served.reply(Request("fw/7/1.0.0").with(.etag, Served.etag(of: old))))
        #expect(version.code == .valid)
        #expect(version.uint(.maxAge) == 31_536_000)
    }

    @Test func conditions() throws {
        let served = try Served.standard()
        let tag = Served.etag(of: current)
        #expect(served.reply(Request("fw/7").with(.ifMatch, tag))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.ifMatch))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.ifMatch, [9]).with(.ifMatch, tag))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.ifMatch, [9]))?.code == .preconditionFailed)
        #expect(served.reply(Request("fw/7").with(.ifNoneMatch))?.code == .preconditionFailed)
    }

    @Test func formats() throws {
        let served = try Served.standard()
        #expect(served.reply(Request("fw/7").with(.accept, [42]))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.accept, [0, 42]))?.code == .content)
        #expect(served.reply(Request("fw/7").with(.accept, [40]))?.code == .notAcceptable)
        #expect(served.reply(Request("fw/7").with(.accept))?.code == .notAcceptable)
        #expect(served.reply(Request("fw").with(.accept, [40]))?.code == .content)
        #expect(served.reply(Request("fw").with(.accept, [42]))?.code == .notAcceptable)
    }

    @Test func whoHasNoIdentityIsToldSoAndNothingElse() throws {
        let served = try Served.standard()
        for path in ["fw/6", "fw/7", "fw/9", "fw/7/1.0.0", "fw/7/9.9.9"] {
            #expect(served.reply(Request(path), from: .anonymous)?.code == .unauthorized, "\(path)")
        }
        #expect(served.reply(Request("fw"), from: .anonymous)?.payload.isEmpty == true)
        served.resources.rights.anonymous = .all
        #expect(served.reply(Request("fw/9"), from: .anonymous)?.code == .content)
        #expect(served.reply(Request("fw/6"), from: .anonymous)?.code == .notFound)
    }

    @Test func withoutARightsFileEveryIdentityReadsEverything() throws {
        let served = try Served.standard()
        served.resources.rights = .unrestricted()
        #expect(served.reply(Request("fw/9"))?.code == .content)
        #expect(served.reply(Request("fw/9"), from: .anonymous)?.code == .unauthorized)
    }

    @Test func inASmallBufferBlocksAreSmallerAndTheOffsetIsTheSame() throws {
        let served = try Served.standard()
        served.bufferBytes = 300
        let reply = try #require(served.reply(Request("fw/7").block(1, szx: 6).with(.size2)))
        #expect(reply.block2 == (try BlockOption(number: 4, more: true, szx: 4)))
        #expect(reply.payload == Array(current[1024..<1280]))
    }

    @Test(arguments: 0...100)
    func theAnswerNeverExceedsTheBuffer(bufferBytes: Int) throws {
        let served = try Served.standard()
        served.bufferBytes = bufferBytes
        for request in [Request("fw/7").with(.size2), Request("fw"), Request("fw/6"), Request("fw/9"), Request("x")] {
            let answer = served.bytes(request.bytes)
            #expect(answer?.count ?? 0 <= bufferBytes)
            // Token, options and a block of 16 bytes need no more.
            #expect(answer != nil || bufferBytes < 48, "no answer in \(bufferBytes) bytes")
        }
    }
}
