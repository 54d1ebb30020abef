import HostSupport
import UpdateClient

/// What is said of an update that ended.
struct UpdateReport {
    let object: JSONObject
    /// For a person; empty if it failed.
    let success: String
    /// Why it failed; nil: it did not.
    let failure: Failure?

    init(_ result: UpdateResult, options: UpdateOptions) {
        let text = OutcomeText(
            result.outcome,
            diagnostic: result.diagnostic,
            productID: options.pid,
            server: options.serverText,
            flash: options.flash
        )
        object = Self.object(result, text, options)
        success = Self.summary(result, text)
        failure = text.failure
    }

    /// An update that did not begin.
    init(_ failure: Failure, options: UpdateOptions) {
        var object = JSONObject()
        object.set("result", "failed")
        object.set("pid", options.pid)
        object.set("error", failure.message)
        self.object = object
        success = ""
        self.failure = failure
    }

    private static func object(_ result: UpdateResult, _ text: OutcomeText, _ options: UpdateOptions) -> JSONObject {
        let statistics = result.statistics
        var object = JSONObject()
        object.set("result", text.result)
        object.set("pid", options.pid)
        object.set("version", text.version?.text)
        object.set("size", text.sizeBytes)
        object.set("blocks", statistics.blocksTotal ?? statistics.blocksStored)
        object.set("requests", statistics.requests)
        object.set("retransmissions", statistics.retransmissions)
        object.set("handshakes", options.isSecure ? statistics.handshakes : 0)
        object.set("handshake_ms", statistics.handshakeTime.milliseconds)
        object.set("transfer_ms", statistics.transferTime.milliseconds)
        object.set("total_ms", result.totalTime.milliseconds)
        object.set("bytes_sent", result.bytesSent)
        object.set("bytes_received", result.bytesReceived)
        object.set("resumed_blocks", statistics.resumedBlocks)
        object.set("error", text.failure?.message)
        return object
    }

    private static func summary(_ result: UpdateResult, _ text: OutcomeText) -> String {
        let statistics = result.statistics
        guard statistics.blocksStored > 0, statistics.transferTime > .zero else { return text.success }
        let fetched = Int(statistics.blocksStored) - Int(statistics.resumedBlocks)
        return "\(text.success)\n\(fetched) blocks in \(statistics.transferTime.text), "
            + "\(statistics.resumedBlocks) were there before, \(statistics.requests) requests, "
            + "\(statistics.handshakes) handshake\(statistics.handshakes == 1 ? "" : "s")"
    }
}
