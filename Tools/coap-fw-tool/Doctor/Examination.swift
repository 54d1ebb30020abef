import CCoAP
import Credentials
import FirmwareImage
import FirmwarePackaging
import FirmwareText
import HostSupport

/// The checks of `doctor`, in their order; later ones need what earlier ones found.
struct Examination {
    /// Over DTLS.
    struct Credentials {
        let identity: PSKIdentity
        let key: PreSharedKey

        var pair: (identity: PSKIdentity, key: [UInt8]) { (identity, key.withBytes { Array($0) }) }
    }

    /// Why a check failed: what was found, what to do, and the exit code.
    struct Finding: Error {
        let text: String
        let remedy: String
        let status: ExitStatus
    }

    /// What a check brought.
    struct Check {
        let name: String
        var detail = ""
        var failure: Finding?

        var line: String {
            let padded = name + String(repeating: " ", count: max(0, 22 - name.count))
            return failure.map { "FAILED  \(padded) \($0.text); \($0.remedy)" } ?? "ok      \(padded) \(detail)"
        }

        var object: JSONObject {
            var object = JSONObject()
            object.set("name", name)
            object.set("ok", flag: failure == nil)
            object.set("detail", failure?.text ?? detail)
            object.set("advice", failure?.remedy)
            return object
        }
    }

    let server: ServerAddress
    let address: coap_address_t
    /// Nil: plain CoAP.
    let credentials: Credentials?
    let productID: UInt16
    /// Keys of which one must have signed the image; none: whoever signed it.
    let anchors: [TrustAnchor]
    let deadline: Deadline
    /// No lines are printed.
    let isSilent: Bool
    private var checks: [Check] = []

    init(
        server: ServerAddress,
        address: coap_address_t,
        credentials: Credentials?,
        productID: UInt16,
        anchors: [TrustAnchor],
        deadline: Deadline,
        isSilent: Bool
    ) {
        self.server = server
        self.address = address
        self.credentials = credentials
        self.productID = productID
        self.anchors = anchors
        self.deadline = deadline
        self.isSilent = isSilent
    }

    private struct FirstBlock {
        let etag: [UInt8]
        let sizeBytes: UInt32
        let szx: UInt32

        var blockSizeBytes: UInt32 { 16 << szx }
        var blockCount: UInt32 { (sizeBytes + blockSizeBytes - 1) / blockSizeBytes }
    }

    /// Runs them all and prints a line for each.
    mutating func run() -> [Check] {
        let first = check(credentials == nil ? "answer" : "handshake") { try $0.connect() }
        guard let connection = first else { return checks }
        let client = connection.client
        let others = check("discovery") { try $0.discovery(connection.answer) }
        if let block = check("first block", { try $0.firstBlock(client) }) {
            _ = check("ETag") { try $0.etag(block) }
            if let layout = check("Size2", { try $0.size(block) }) {
                let middle: Void? = check("block in the middle") { try $0.middleBlock(client, layout) }
                _ = check("block past the end") { try $0.pastTheEnd(client, layout) }
                if middle != nil { _ = check("image") { try $0.image(client, layout) } }
            }
        }
        _ = check("unknown product") { try $0.unknownProduct(client, listed: others ?? []) }
        if let credentials { _ = check("wrong key") { try $0.wrongKey(credentials) } }
        return checks
    }

    private mutating func check<Result>(_ name: String, _ body: (Examination) throws -> (Result, String)) -> Result? {
        var check = Check(name: name)
        defer {
            checks.append(check)
            if !isSilent { Console.say(check.line) }
        }
        do {
            let (result, detail) = try body(self)
            check.detail = detail
            return result
        } catch {
            check.failure = describe(error)
            return nil
        }
    }

    private func describe(_ error: any Error) -> Finding {
        switch error {
        case let finding as Finding:
            finding
        case LibcoapFailure.timedOut:
            Finding(
                text: "no answer in time",
                remedy: "look at the server's log, or give --timeout",
                status: .unavailable
            )
        case LibcoapFailure.rejected:
            Finding(text: "rejected", remedy: "look at the server's log", status: .protocolError)
        case LibcoapFailure.handshakeFailed:
            Finding(text: "the session broke", remedy: "look at the server's log", status: .unavailable)
        default:
            Finding(text: "libcoap cannot be used", remedy: "check its installation", status: .unavailable)
        }
    }

    // MARK: The checks

    /// A session that was answered.
    private struct Connection {
        let client: LibcoapClient
        let answer: LibcoapAnswer
    }

    /// libcoap over GnuTLS does not recover a handshake that lost datagrams, so it gets several tries.
    private func connect() throws -> (Connection, String) {
        var refused = false
        while deadline.millisecondsLeft > 0 {
            let client = try LibcoapClient(address, credentials?.pair)
            do {
                let answer = try client.get([".well-known", "core"], until: deadline.orIn(.seconds(8)))
                let how =
                    credentials.map { "DTLS 1.2 with the key of \($0.identity)" } ?? "plain CoAP: nothing is secret"
                return (Connection(client: client, answer: answer), how)
            } catch LibcoapFailure.handshakeFailed {
                // A refused key stays refused: one more try tells it from lost datagrams.
                if refused { break }
                refused = true
            } catch LibcoapFailure.rejected {
                throw Finding(
                    text: "nothing listens on \(server.endpoint)",
                    remedy: "start the server, check address and port",
                    status: .unavailable
                )
            } catch LibcoapFailure.timedOut {
                continue
            }
        }
        if refused {
            throw Finding(
                text: "the server refused the key of \(subject)",
                remedy: "compare the identity's key in its --psk file with this one",
                status: .notPermitted
            )
        }
        throw Finding(
            text: "no answer from \(server.endpoint)",
            remedy: "check that the server runs there and that UDP gets through",
            status: .unavailable
        )
    }

    private func discovery(_ answer: LibcoapAnswer) throws -> (Set<UInt16>, String) {
        guard answer.code == "2.05" else { throw unexpected(answer, "2.05") }
        guard answer.contentFormat == 40 else {
            throw Finding(
                text: "the list is not in link format",
                remedy: "is this a firmware server?",
                status: .protocolError
            )
        }
        let links = String(decoding: answer.payload, as: UTF8.self).split(separator: ",")
        let products = Set(
            links.compactMap { link -> UInt16? in
                guard link.hasPrefix("</fw/") else { return nil }
                return UInt16(link.dropFirst(5).prefix { $0.isNumber })
            }
        )
        if !products.contains(productID), answer.block2?.more != true {
            let listed = products.isEmpty ? "none" : products.sorted().map { "\($0)" }.joined(separator: ", ")
            throw Finding(
                text: "product \(productID) is not listed (listed: \(listed))",
                remedy: "release it, or give \(subject) the right to it with: coap-fw-tool psk grant",
                status: .unavailable
            )
        }
        return (products, "listed: \(products.sorted().map { "\($0)" }.joined(separator: ", "))")
    }

    private func firstBlock(_ client: LibcoapClient) throws -> (LibcoapAnswer, String) {
        let answer = try client.get(product, block: (0, 6), until: deadline)
        switch answer.code {
        case "2.05":
            break
        case "4.03":
            throw Finding(
                text: "\(subject) may not read product \(productID)",
                remedy: "give it the right with: coap-fw-tool psk grant",
                status: .notPermitted
            )
        case "4.04":
            throw Finding(
                text: "there is no product \(productID)",
                remedy: "release it with: coap-fw-tool release",
                status: .unavailable
            )
        default:
            throw unexpected(answer, "2.05")
        }
        guard let block = answer.block2, block.number == 0, !answer.payload.isEmpty else {
            throw wrong("no Block2 for block 0 in the answer")
        }
        return (answer, "\(answer.payload.count) bytes")
    }

    private func etag(_ answer: LibcoapAnswer) throws -> (Void, String) {
        guard let etag = answer.etag, (1...8).contains(etag.count) else { throw wrong("no ETag in the answer") }
        return ((), Hex.encode(etag))
    }

    private func size(_ answer: LibcoapAnswer) throws -> (FirstBlock, String) {
        guard let size = answer.size2 else { throw wrong("no Size2 with block 0") }
        guard let block = answer.block2, block.szx < 7, let etag = answer.etag else { throw wrong("no usable Block2") }
        let first = FirstBlock(etag: etag, sizeBytes: size, szx: block.szx)
        guard size > 0, block.more == (size > first.blockSizeBytes) else {
            throw wrong("Size2 says \(size) bytes, which does not fit Block2")
        }
        return (first, "\(size) bytes in \(first.blockCount) blocks")
    }

    private func middleBlock(_ client: LibcoapClient, _ first: FirstBlock) throws -> (Void, String) {
        let number = first.blockCount > 2 ? UInt32.random(in: 1..<(first.blockCount - 1)) : first.blockCount - 1
        let answer = try client.get(product, block: (number, first.szx), until: deadline)
        guard answer.code == "2.05" else { throw unexpected(answer, "2.05") }
        guard let block = answer.block2, block.number == number else {
            throw wrong("asked for block \(number), got another")
        }
        guard answer.etag == first.etag else {
            throw wrong("block \(number) has another ETag; if nothing was released just now")
        }
        let expected = min(first.blockSizeBytes, first.sizeBytes - number * first.blockSizeBytes)
        guard answer.payload.count == Int(expected) else {
            throw wrong("block \(number) has \(answer.payload.count) bytes, not \(expected)")
        }
        return ((), "block \(number), \(expected) bytes")
    }

    private func pastTheEnd(_ client: LibcoapClient, _ first: FirstBlock) throws -> (Void, String) {
        let answer = try client.get(product, block: (first.blockCount, first.szx), until: deadline)
        guard answer.code == "4.02" else { throw unexpected(answer, "4.02") }
        return ((), "4.02")
    }

    /// All of the payload, as a device with patience downloads and verifies it.
    private func image(_ client: LibcoapClient, _ first: FirstBlock) throws -> (Void, String) {
        guard first.sizeBytes <= ReleaseLayout.servedPayloadBytes else {
            return ((), "\(first.sizeBytes) bytes, which are not downloaded")
        }
        var payload: [UInt8] = []
        payload.reserveCapacity(Int(first.sizeBytes))
        for number in 0..<first.blockCount {
            let answer = try client.get(product, block: (number, first.szx), until: deadline)
            guard answer.code == "2.05" else { throw unexpected(answer, "2.05") }
            guard answer.block2?.number == number, answer.etag == first.etag else {
                throw wrong("block \(number) is another block's or another image's; if nothing was released just now")
            }
            payload += answer.payload
        }
        do throws(ImageError) {
            let image = try ImageInspection(payload)
            guard payload.count == Int(first.sizeBytes), image.isDigestRight == true else { throw .digestMismatch }
            if !anchors.isEmpty { _ = try ImageCheck.verify(payload, anchors: anchors, product: productID) }
            guard image.productID == productID else {
                let named = image.productID.map { "product \($0)" } ?? "no product"
                return ((), "\(payload.count) bytes, \(ReleaseLayout.text(image.header.version)), made for \(named)")
            }
            let signed = anchors.isEmpty ? "its signature is not checked without --key" : "signed by one of the keys"
            return ((), "\(payload.count) bytes, \(ReleaseLayout.text(image.header.version)), digest right; \(signed)")
        } catch {
            throw Finding(
                text: "what was downloaded \(error.text)",
                remedy: "withdraw it with coap-fw-tool releases withdraw, and release it again",
                status: .refusedData
            )
        }
    }

    private func unknownProduct(_ client: LibcoapClient, listed: Set<UInt16>) throws -> (Void, String) {
        // A product that is not listed may be there and be another's (4.03), so a few are tried.
        var last = "nothing"
        for candidate in (UInt16(65_000)...65_535).reversed().filter({ !listed.contains($0) }).prefix(4) {
            last = try client.get(["fw", "\(candidate)"], until: deadline).code
            if last == "4.04" { return ((), "4.04") }
        }
        throw wrong("answered \(last), not 4.04")
    }

    private func wrongKey(_ credentials: Credentials) throws -> (Void, String) {
        var wrong = credentials.pair
        wrong.key[0] ^= 0x01
        let client = try LibcoapClient(address, wrong)
        do {
            _ = try client.get([".well-known", "core"], until: deadline.orIn(.seconds(5)))
        } catch is LibcoapFailure {
            return ((), "refused")
        }
        throw Finding(
            text: "a session with a wrong key was answered",
            remedy: "take the server off the network: it does not check keys",
            status: .protocolError
        )
    }

    private var subject: String { credentials.map { "\($0.identity)" } ?? "everybody" }

    private var product: [String] { ["fw", "\(productID)"] }

    private func unexpected(_ answer: LibcoapAnswer, _ expected: String) -> Finding {
        wrong("answered \(answer.code), not \(expected)")
    }

    private func wrong(_ text: String) -> Finding {
        Finding(text: text, remedy: "the server is another program or version than this tool's", status: .protocolError)
    }
}
