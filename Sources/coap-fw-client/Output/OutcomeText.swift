import Bootloader
import CoAP
import FirmwareImage
import HostSupport
import UpdateClient

/// The outcome of an update in words, as an exit code, and as the JSON's `result`.
struct OutcomeText {
    var result: String
    var version: ImageVersion?
    var sizeBytes: UInt32?
    /// Nil: success.
    var failure: Failure?
    /// The line for success.
    var success: String = ""

    init(_ outcome: UpdateOutcome, diagnostic: Diagnostic, productID: UInt16, server: String, flash: String) {
        result = "failed"
        let product = "product \(productID)"
        switch outcome {
        case .committed(let release):
            result = "committed"
            version = release.version
            sizeBytes = release.sizeBytes
            success =
                "\(release.version.text) is installed, and runs on trial after the next reboot: "
                + "coap-fw-client reboot --flash \(flash)"
        case .upToDate(let release):
            result = "up-to-date"
            version = release.version
            sizeBytes = release.sizeBytes
            success = "up to date: \(release.version.text) is running"
        case .withdrawn(let pending):
            result = "withdrawn"
            version = pending.version
            sizeBytes = pending.sizeBytes
            success =
                "\(pending.version.text) is installed, and runs on trial after the next reboot, but the server does "
                + "not offer it any more; without coap-fw-client confirm the reboot after that goes back"
        case .refused(let reason):
            failure = Failure(
                .refusedData,
                "\(server): the image of \(product) is refused: \(reason.text); \(reason.advice)"
            )
        case .refusedEarlier(let reason):
            failure = Failure(
                .refusedData,
                "\(server): the image of \(product) was refused after an earlier download, "
                    + "and is still the same: \(reason.text); \(reason.advice), or download it again with --retry"
            )
        case .notAuthorised(.handshake):
            failure = Failure(
                .notPermitted,
                "\(server): authentication failed; check --identity and its key in the --psk file, here and there"
            )
        case .notAuthorised(.product(let code)):
            failure = Failure(
                .notPermitted,
                "\(server): \(code.text): this identity may not read \(product)\(diagnostic.text); "
                    + "ask for the right to it"
            )
        case .unknownProduct:
            failure = Failure(
                .unavailable,
                "\(server): 4.04: \(product) is unknown there\(diagnostic.text); check --pid"
            )
        case .rejected(let code):
            failure = Failure(
                .unavailable,
                "\(server): answers \(code.text) to GET /fw/\(productID)\(diagnostic.text); "
                    + "check that it is a firmware server"
            )
        case .unreachable(.unfinished):
            failure = Failure(.unavailable, "\(server): \(ChannelDownReason.unfinished.text)")
        case .unreachable(let reason):
            failure = Failure(
                .unavailable,
                "\(server): not reached: \(reason.text); check address, port and network"
            )
        case .interrupted(let reason):
            if case .trialUnconfirmed(let running, _) = reason {
                result = "trial"
                version = running?.version
                sizeBytes = running?.sizeBytes
            }
            failure = Failure(
                .interrupted,
                Self.text(reason, product: product, server: server, flash: flash)
            )
        case .misconfigured(let fault):
            failure = Failure(.configuration, "\(flash): \(Self.text(fault))")
        }
    }

    private static func text(
        _ reason: InterruptionReason,
        product: String,
        server: String,
        flash: String
    ) -> String {
        let again = "run the update again to go on"
        switch reason {
        case .serverGone(let down): return "\(server): does not answer any more: \(down.text); \(again)"
        case .stopped: return "stopped; what was downloaded is kept in \(flash), \(again)"
        case .flash(let error): return "\(flash): \(error.text); \(error.advice) and \(again)"
        case .transfer(let error): return "\(server): the transfer was given up: \(error.text); \(again)"
        case .trialUnconfirmed(let running, let offered):
            return
                "\(flash): \(running.map { "\($0.version.text) " } ?? "what runs ")is on trial, "
                + "and the next reboot goes back; "
                + (offered.map { "\($0.text) is offered and has to wait: " } ?? "")
                + "keep it with coap-fw-client confirm, or reboot to go back, then update again"
        case .swapUnderWay:
            return Failure.swapUnderWay(flash).message
        case .damagedDownload:
            return
                "\(server): the image of \(product) came damaged, twice and each time otherwise; it is forged or "
                + "damaged on the way; run the update again, over coaps if it was not"
        case .productGone:
            return
                "\(server): \(product) was there when the download began and is unknown there now; what was downloaded "
                + "is kept, run the update again to go on"
        case .unstableImage:
            return "\(server): the image of \(product) keeps changing during the download; \(again) when it is at rest"
        }
    }

    private static func text(_ fault: ConfigurationFault) -> String {
        switch fault {
        case .trust: "\(TrustError.notProvisioned.text); \(TrustError.notProvisioned.advice)"
        case .journalTooSmall: "its journal area is too small for this image; make a flash with a larger one"
        case .blocksTooSmall(let block, let needed):
            "the server gives blocks of \(block) bytes, \(needed) are needed; let the server give larger ones"
        }
    }
}

extension Diagnostic {
    /// What the server says, to stand behind what happened; nothing if it says nothing. Control characters are left
    /// out.
    fileprivate var text: String {
        let bytes = (0..<byteCount).map { self.bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
            !$0.properties.isDefaultIgnorableCodePoint && $0.properties.generalCategory != .control
                && $0.properties.generalCategory != .format && $0 != "\u{FFFD}"
        }
        return scalars.isEmpty ? "" : " (\(String(String.UnicodeScalarView(scalars))))"
    }
}

extension Code {
    /// `c.dd`
    var text: String { "\(codeClass).\(detail < 10 ? "0" : "")\(detail)" }
}

extension TransferError {
    /// What happened, for a person.
    fileprivate var text: String {
        switch self {
        case .rejected(let code): "the server answers \(code.text)"
        case .serverError(let code): "the server answers \(code.text) again and again"
        case .tooLarge: "the image is larger than what can be transferred"
        case .empty: "the image is empty"
        case .garbage(let fault): "the answers contradict the requests" + (fault.map { ": \($0.text)" } ?? "")
        case .tooManyRequests: "too many requests brought nothing new"
        case .tooManyBytes: "the answers have many more bytes than the image"
        case .unstable: "the image keeps changing"
        case .noAnswer: "the server does not answer any more"
        }
    }
}

extension AnswerFault {
    fileprivate var text: String {
        switch self {
        case .unexpectedCode(let code): "\(code.text) is no answer to GET"
        case .missingBlockOption: "no Block2 option"
        case .wrongBlock: "another block than the one asked for"
        case .largerBlocks: "larger blocks than asked for"
        case .payloadLength: "a block that is not last and not whole"
        case .wrongEnd: "the last block is not where Size2 says"
        case .wrongSize: "another size than before"
        case .missingETag: "no ETag, which there was before"
        }
    }
}

extension ChannelDownReason {
    /// The text without advice.
    var shortText: String {
        if case .unfinished = self { return "the server did not answer the handshake's last message" }
        return text
    }

    var text: String {
        switch self {
        case .lost: "the connection broke"
        case .timeout: "no answer in time"
        case .authenticationFailed: "authentication failed"
        case .unfinished:
            "the server did not answer the handshake's last message, as if it had another key for this identity; "
                + "check --identity and its key in the --psk file, here and there"
        case .forgotten: "the server began another handshake in the middle, as after a restart"
        case .silent: "a connection was made, and carried no answer"
        case .refused: "nobody listens there"
        case .failed: "the connection could not be made"
        }
    }
}
