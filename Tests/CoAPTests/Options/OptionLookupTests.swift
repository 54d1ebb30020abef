import CoAP
import Testing

@Suite("Finding options in requests and responses", .timeLimit(.minutes(15)))
struct OptionLookupTests {
    private typealias Option = DecodedMessage.Option

    private func request(_ options: [Option]) -> [UInt8] {
        DecodedMessage(type: .confirmable, code: .get, messageID: 1, options: options).referenceEncoding()
    }

    private func requestOptions(_ options: Option...) throws -> RequestOptions {
        RequestOptions(try MessageView(request(options).span.bytes))
    }

    private func responseOptions(_ options: Option...) throws -> ResponseOptions {
        ResponseOptions(try MessageView(request(options).span.bytes))
    }

    private func contains(_ view: borrowing MessageView, _ value: UInt64, _ length: Int) -> Bool {
        guard let etag = ETag(value: value, length: length) else { return false }
        return view.contains(etag)
    }

    @Test func singleOptionsAreFound() throws {
        let datagram = request([
            Option(number: 4, value: [1]), Option(number: 4, value: [2]), Option(number: 11, value: Array("fw".utf8)),
            Option(number: 11, value: Array("7".utf8)), Option(number: 15, value: Array("rt=fw".utf8)),
            Option(number: 23, value: [0x56]), Option(number: 28, value: [1, 0]),
            Option(number: 60, value: hex("0000000001")),
        ])
        let view = try MessageView(datagram.span.bytes)
        var found: [UInt8]?
        var isThere: Bool
        found = array(view.firstValue(of: .uriPath))
        #expect(found == Array("fw".utf8))
        found = array(view.firstValue(of: .observe))
        #expect(found == nil)
        found = array(view.firstValue(of: .requestTag))
        #expect(found == nil)
        #expect(try view.block(.block2) == BlockOption(number: 5, szx: 6))
        #expect(try view.block(.block1) == nil)
        isThere = contains(view, 2, 1)
        #expect(isThere)
        isThere = contains(view, 2, 2)
        #expect(!isThere)
        isThere = contains(view, 7, 1)
        #expect(!isThere)
        var path = view.uriPath
        var segments: [String] = []
        while let segment = path.next() { segments.append(String(decoding: array(segment), as: UTF8.self)) }
        #expect(segments == ["fw", "7"])
        var query = view.uriQuery
        found = array(query.next())
        #expect(found == Array("rt=fw".utf8))
        found = array(query.next())
        #expect(found == nil)
        var tags = view.values(of: .etag)
        found = array(tags.next())
        #expect(found == [1])
        found = array(tags.next())
        #expect(found == [2])
        found = array(tags.next())
        #expect(found == nil)
    }

    @Test func requestsAreCollectedInOnePass() throws {
        let options = try requestOptions(
            Option(number: 1, value: []),
            Option(number: 3, value: [0x61]),
            Option(number: 4, value: [1]),
            Option(number: 5, value: []),
            Option(number: 6, value: []),
            Option(number: 7, value: [1]),
            Option(number: 11, value: [0x61]),
            Option(number: 11, value: [0x62]),
            Option(number: 12, value: [60]),
            Option(number: 15, value: []),
            Option(number: 17, value: [42]),
            Option(number: 23, value: [0x56]),
            Option(number: 27, value: [0x0E]),
            Option(number: 28, value: []),
            Option(number: 60, value: [9]),
            Option(number: 252, value: [1]),
            Option(number: 258, value: [2]),
            Option(number: 292, value: []),
            Option(number: 292, value: [1])
        )
        #expect(options.problem == nil)
        #expect(options.pathSegmentCount == 2 && options.queryCount == 1)
        #expect(options.block2 == (try BlockOption(number: 5, szx: 6)))
        #expect(options.block1 == (try BlockOption(number: 0, more: true, szx: 6)))
        #expect(options.size2 == 0 && options.size1 == 9 && options.observe == 0 && options.noResponse == 2)
        #expect(options.accept == .octetStream && options.contentFormat == .cbor)
        #expect(options.hasETag && options.hasIfMatch && options.hasIfNoneMatch && options.hasEcho)
    }

    @Test func aBareRequestHasNothing() throws {
        let options = try requestOptions()
        #expect(options.problem == nil && options.block2 == nil && options.size2 == nil && options.observe == nil)
        #expect(options.pathSegmentCount == 0 && !options.hasETag && !options.hasIfMatch && !options.hasEcho)
    }

    @Test(
        arguments: [
            (
                "unknown critical", [Option(number: 65_001, value: [])],
                .unacceptableCriticalOption(OptionNumber(rawValue: 65_001)), .badOption
            ),
            ("OSCORE", [Option(number: 9, value: [])], .unacceptableCriticalOption(.oscore), .badOption),
            ("Q-Block2", [Option(number: 31, value: [])], .unacceptableCriticalOption(.qBlock2), .badOption),
            ("option number 0 is elective", [Option(number: 0, value: [1])], nil, .badOption),
            ("unknown elective", [Option(number: 65_000, value: [1])], nil, .badOption),
            (
                "Block2 of 4 bytes", [Option(number: 23, value: [0, 0, 0, 6])], .unacceptableCriticalOption(.block2),
                .badOption
            ),
            ("Block2 with SZX 7", [Option(number: 23, value: [0x07])], .reservedBlockSize(.block2), .badRequest),
            ("Block1 with SZX 7", [Option(number: 27, value: [0x1F])], .reservedBlockSize(.block1), .badRequest),
            (
                "Block2 twice", [Option(number: 23, value: [0x06]), Option(number: 23, value: [0x16])],
                .unacceptableCriticalOption(.block2), .badOption
            ),
            (
                "Accept of 3 bytes", [Option(number: 17, value: [0, 0, 42])], .unacceptableCriticalOption(.accept),
                .badOption
            ),
            (
                "If-None-Match with a value", [Option(number: 5, value: [0])],
                .unacceptableCriticalOption(.ifNoneMatch), .badOption
            ),
            ("empty Uri-Host", [Option(number: 3, value: [])], .unacceptableCriticalOption(.uriHost), .badOption),
            (
                "Uri-Path of 256 bytes", [Option(number: 11, value: [UInt8](repeating: 0x61, count: 256))],
                .unacceptableCriticalOption(.uriPath), .badOption
            ),
            ("Proxy-Uri", [Option(number: 35, value: [0x61])], .forwardProxyRequest, .proxyingNotSupported),
            ("Proxy-Scheme", [Option(number: 39, value: [0x61])], .forwardProxyRequest, .proxyingNotSupported),
            (
                "the first of two", [Option(number: 9, value: []), Option(number: 23, value: [7])],
                .unacceptableCriticalOption(.oscore), .badOption
            ),
        ] as [(String, [Option], OptionProblem?, Code)]
    )
    func problemsOfRequests(name: String, options: [DecodedMessage.Option], problem: OptionProblem?, code: Code) throws
    {
        let found = RequestOptions(try MessageView(request(options).span.bytes)).problem
        #expect(found == problem)
        if let found { #expect(found.responseCode == code) }
    }

    /// RFC 7252 § 5.4.3 and 5.4.5: elective options that are out of bounds or repeated are as good as absent.
    @Test func electiveOptionsOutOfBoundsAreIgnored() throws {
        let request = try requestOptions(
            Option(number: 4, value: []),
            Option(number: 6, value: [0, 0, 0, 0]),
            Option(number: 12, value: [0, 0, 1]),
            Option(number: 28, value: hex("0000000001")),
            Option(number: 60, value: [1]),
            Option(number: 60, value: [2])
        )
        #expect(request.problem == nil)
        #expect(!request.hasETag && request.observe == nil && request.contentFormat == nil && request.size2 == nil)
        #expect(request.size1 == 1)
        let response = try responseOptions(
            Option(number: 4, value: hex("010203040506070809")),
            Option(number: 14, value: hex("0000000001")),
            Option(number: 28, value: [1]),
            Option(number: 28, value: [2])
        )
        #expect(response.problem == nil)
        #expect(response.etag == nil && response.maxAgeSeconds == nil && response.maxAge == nil)
        #expect(response.size2 == 1)
    }

    @Test func responsesAreCollectedInOnePass() throws {
        let options = try responseOptions(
            Option(number: 4, value: [1, 2]),
            Option(number: 6, value: [3]),
            Option(number: 12, value: [42]),
            Option(number: 14, value: [30]),
            Option(number: 23, value: [0x5E]),
            Option(number: 27, value: [0x06]),
            Option(number: 28, value: [4, 0]),
            Option(number: 60, value: [9]),
            Option(number: 252, value: [1])
        )
        #expect(options.problem == nil)
        #expect(options.etag == ETag(value: 0x0102, length: 2))
        #expect(options.block2 == (try BlockOption(number: 5, more: true, szx: 6)))
        #expect(options.block1 == (try BlockOption(number: 0, szx: 6)))
        #expect(options.size2 == 1024 && options.size1 == 9 && options.observe == 3)
        #expect(options.maxAge == .seconds(30) && options.contentFormat == .octetStream && options.hasEcho)
    }

    @Test(
        arguments: [
            ("a second ETag is left out", [Option(number: 4, value: [1]), Option(number: 4, value: [2])], nil),
            ("Uri-Path has no meaning there", [Option(number: 11, value: [1])], .unacceptableCriticalOption(.uriPath)),
            (
                "unknown critical", [Option(number: 65_001, value: [])],
                .unacceptableCriticalOption(OptionNumber(rawValue: 65_001))
            ),
            ("Block2 with SZX 7", [Option(number: 23, value: [0x07])], .reservedBlockSize(.block2)),
            ("Block2 of 4 bytes", [Option(number: 23, value: [0, 0, 0, 6])], .unacceptableCriticalOption(.block2)),
            (
                "Block2 twice", [Option(number: 23, value: [0x06]), Option(number: 23, value: [0x16])],
                .unacceptableCriticalOption(.block2)
            ),
            ("Location-Path is elective", [Option(number: 8, value: [1]), Option(number: 8, value: [2])], nil),
        ] as [(String, [Option], OptionProblem?)]
    )
    func problemsOfResponses(name: String, options: [DecodedMessage.Option], problem: OptionProblem?) throws {
        #expect(ResponseOptions(try MessageView(request(options).span.bytes)).problem == problem)
    }
}
