import CCoAP
import Credentials
import HostSupport

/// The checks of `doctor`, in their order; later ones need what earlier ones found.
struct Examination {
    let server: ServerAddress
    let address: coap_address_t
    let identity: PSKIdentity
    let key: PreSharedKey
    let productID: UInt16
    let deadline: Deadline

    /// Why a check failed: what was found, what to do, and the exit code.
    private struct Finding: Error {
        let text: String
        let remedy: String
        let status: ExitStatus
    }

    private struct FirstBlock {
        let etag: [UInt8]
        let sizeBytes: UInt32
        let szx: UInt32

        var blockSizeBytes: UInt32 { 16 << szx }
        var blockCount: UInt32 { (sizeBytes + blockSizeBytes - 1) / blockSizeBytes }
    }

    /// Runs them all and prints a line for each.
    ///
    /// - Returns: the statuses of those that failed.
    func run() -> [ExitStatus] {
        var failures: [ExitStatus] = []
        func check<Result>(_ name: String, _ body: () throws -> (Result, String)) -> Result? {
            let padded = name + String(repeating: " ", count: max(0, 22 - name.count))
            do {
                let (result, detail) = try body()
                Console.say("ok      \(padded) \(detail)")
                return result
            } catch {
                let finding = describe(error)
                Console.say("FAILED  \(padded) \(finding.text); \(finding.remedy)")
                failures.append(finding.status)
                return nil
            }
        }

        guard let connection = check("handshake", { try handshake() }) else { return failures }
        let client = connection.client
        let others = check("discovery") { try discovery(connection.answer) }
        if let block = check("first block", { try firstBlock(client) }) {
            _ = check("ETag") { try etag(block) }
            let layout = check("Size2") { try size(block) }
            if let layout {
                _ = check("block in the middle") { try middleBlock(client, layout) }
                _ = check("block past the end") { try pastTheEnd(client, layout) }
            }
        }
        _ = check("unknown product") { try unknownProduct(client, listed: others ?? []) }
        _ = check("wrong key") { try wrongKey() }
        return failures
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
    private func handshake() throws -> (Connection, String) {
        var refused = false
        while deadline.millisecondsLeft > 0 {
            let client = try LibcoapClient(address, identity: identity, key: key.withBytes { Array($0) })
            do {
                let answer = try client.get([".well-known", "core"], until: deadline.orIn(.seconds(8)))
                return (Connection(client: client, answer: answer), "DTLS 1.2 with the key of \(identity)")
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
                text: "the server refused the key of \(identity)",
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
                remedy: "release it, or give \(identity) the right to it in the rights file",
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
                text: "\(identity) may not read product \(productID)",
                remedy: "give it the right in the rights file",
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

    private func unknownProduct(_ client: LibcoapClient, listed: Set<UInt16>) throws -> (Void, String) {
        // A product that is not listed may be there and be another's (4.03), so a few are tried.
        var last = "nothing"
        for candidate in (UInt16(65_000)...65_535).reversed().filter({ !listed.contains($0) }).prefix(4) {
            last = try client.get(["fw", "\(candidate)"], until: deadline).code
            if last == "4.04" { return ((), "4.04") }
        }
        throw wrong("answered \(last), not 4.04")
    }

    private func wrongKey() throws -> (Void, String) {
        var bytes = key.withBytes { Array($0) }
        bytes[0] ^= 0x01
        let client = try LibcoapClient(address, identity: identity, key: bytes)
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

    private var product: [String] { ["fw", "\(productID)"] }

    private func unexpected(_ answer: LibcoapAnswer, _ expected: String) -> Finding {
        wrong("answered \(answer.code), not \(expected)")
    }

    private func wrong(_ text: String) -> Finding {
        Finding(text: text, remedy: "the server is another program or version than this tool's", status: .protocolError)
    }
}
