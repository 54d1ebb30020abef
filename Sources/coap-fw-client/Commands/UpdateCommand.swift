import ArgumentParser
import Bootloader
import DTLS
import Dispatch
import FlashEmulator
import Glibc
import HostSupport
import NIOCore
import NIOPosix
import UpdateClient

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Downloads, verifies and commits the newest firmware, or goes on with what was interrupted."
    )

    @Option(help: ArgumentHelp("The server.", valueName: "coaps://host[:port]"))
    var server: String

    @Option(
        parsing: .unconditional,
        help: "The product whose firmware this device runs, 0…65535.",
        transform: UpdateCommand.productID
    )
    var pid: UInt16

    @Option(help: "The device's identity. Needed for coaps.")
    var identity: String?

    @Option(help: "File with the identity's key, identity:hexkey per line. Needed for coaps.")
    var psk: String?

    @Option(help: "The device's flash file.")
    var flash: String

    @Flag(help: "Print one JSON object on one line at the end.")
    var json = false

    @Option(help: "Round trip expected of the link in milliseconds: sets the first retransmission timers.")
    var expectedRtt: Int?

    @Option(help: "Seconds after which a handshake is given up, 1…600.")
    var handshakeTimeout = 60

    @Option(help: "Connections tried in a row without an answer before giving up, 1…100.")
    var attempts = 5

    @Option(help: "Block size asked for in bytes: 32, 64 … 1024. Without it 1024, or what the path was found to carry.")
    var blockSize: Int?

    @Flag(help: "Take an image that was refused or rolled back before, if the server still offers it.")
    var retry = false

    @Sendable private static func productID(_ text: String) throws -> UInt16 {
        guard let number = DecimalNumber.parse16(text.utf8) else { throw ValidationError("write 0…65535") }
        return number
    }

    private var address: ServerAddress? { ServerAddress(server) }

    func validate() throws {
        guard let address else {
            throw ValidationError("--server \(server): write coaps://HOST[:PORT], or coap://HOST[:PORT] for plain CoAP")
        }
        if address.isSecure, identity == nil { throw ValidationError("--identity is needed for coaps") }
        if address.isSecure, psk == nil { throw ValidationError("--psk is needed for coaps") }
        if let identity, !(1...DTLSConfiguration.maximumIdentityBytes).contains(identity.utf8.count) {
            throw ValidationError("--identity: 1…\(DTLSConfiguration.maximumIdentityBytes) bytes")
        }
        guard (1...600).contains(handshakeTimeout) else { throw ValidationError("--handshake-timeout: write 1…600") }
        guard (1...100).contains(attempts) else { throw ValidationError("--attempts: write 1…100") }
        if let blockSize, !(32...1024).contains(blockSize) || blockSize.nonzeroBitCount != 1 {
            throw ValidationError("--block-size: write 32, 64, 128, 256, 512 or 1024")
        }
        if let expectedRtt, !(1...60_000).contains(expectedRtt) {
            throw ValidationError("--expected-rtt: write 1…60000 milliseconds")
        }
    }

    func run() throws {
        let (object, success, failure) = try attempt()
        if let failure { Console.report(failure.message) }
        if json {
            Console.say(object.text, failing: failure)
        } else if failure == nil {
            Console.say(success)
        }
        if let failure { throw ExitCode(failure.status.rawValue) }
    }

    /// What is said of the update: as JSON, as text where it succeeded, and why it did not.
    private func attempt() throws -> (JSONObject, success: String, Failure?) {
        do {
            let result = try perform()
            let text = OutcomeText(
                result.outcome,
                diagnostic: result.diagnostic,
                productID: pid,
                server: address?.description ?? server,
                flash: flash
            )
            return (object(result, text), summary(result, text), text.failure)
        } catch let failure as Failure {
            var object = JSONObject()
            object.set("result", "failed")
            object.set("pid", pid)
            object.set("error", failure.message)
            return (object, "", failure)
        }
    }

    private func settings(_ map: FlashMap) throws -> UpdateSettings {
        guard let address else { throw Failure.configuration("\(server): not an address") }
        var key: [UInt8]?
        if address.isSecure, let identity, let psk {
            key = try PreSharedKeyFile.key(of: identity, path: psk)
        }
        var dtls = DTLSConfiguration()
        dtls.handshakeTimeout = .seconds(handshakeTimeout)
        if let expectedRtt { dtls.expectRoundTrip(.milliseconds(expectedRtt)) }
        return UpdateSettings(
            server: address,
            remotes: try address.resolved(),
            identity: Array((identity ?? "").utf8),
            key: key,
            dtls: dtls,
            configuration: configuration(map, address),
            isSilent: json && !Console.isTerminal
        )
    }

    /// The flash, if the device is of the product.
    private func openFlash() throws(Failure) -> FlashFile {
        var file: FlashFile
        // Every block is in the file before its mark, which is what kills of this process need. A crash of the host in
        // mid-download may cost the download, as the digest then tells.
        do { file = try FlashFile.open(path: flash, durability: .process) } catch { throw Failure(error) }
        // Whatever else is wrong with the record, the update says.
        if let provisioned = try? TrustStore(map: file.map).read(flash: &file).productID, provisioned != pid {
            throw Failure(
                .refusedData,
                "\(flash): this device is for product \(provisioned), not \(pid); give --pid \(provisioned), "
                    + "or the flash of another device"
            )
        }
        return file
    }

    private func configuration(_ map: FlashMap, _ address: ServerAddress) -> UpdateConfiguration {
        var configuration = UpdateConfiguration(productID: pid, map: map)
        // A host has the memory for any block size that the server may want.
        configuration.transfer.maximumBlocks = min(1 << 20, map.maximumImageSizeBytes / 16 + 1)
        if let blockSize {
            configuration.transfer.preferredSZX = UInt8(blockSize.trailingZeroBitCount - 4)
            configuration.remembersBlockSize = false
        }
        configuration.transfer.expectedRoundTrip = expectedRtt.map { .milliseconds($0) }
        configuration.connection.maximumAttempts = attempts
        configuration.connection.channelProvesServer = address.isSecure
        // The session's own timeout says more about the reason.
        configuration.connection.openingTimeout = .seconds(handshakeTimeout + 5)
        configuration.retriesRefused = retry
        return configuration
    }

    private func perform() throws -> UpdateResult {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let promise = loop.makePromise(of: UpdateResult.self)
        let driver = loop.submit { () throws -> NIOLoopBound<UpdateDriver> in
            let file = try openFlash()
            let driver = UpdateDriver(settings: try settings(file.map), flash: file, loop: loop, promise: promise)
            return NIOLoopBound(driver, eventLoop: loop)
        }
        let bound: NIOLoopBound<UpdateDriver>
        do {
            bound = try driver.wait()
        } catch {
            promise.fail(error)
            throw error
        }
        let signals = SignalSources([SIGINT, SIGTERM]) { _ in
            loop.execute { bound.value.stop() }
        }
        defer { signals.cancel() }
        loop.execute { bound.value.start() }
        return try promise.futureResult.wait()
    }

    private func object(_ result: UpdateResult, _ text: OutcomeText) -> JSONObject {
        let statistics = result.statistics
        var object = JSONObject()
        object.set("result", text.result)
        object.set("pid", pid)
        object.set("version", text.version?.text)
        object.set("size", text.sizeBytes)
        object.set("blocks", statistics.blocksTotal ?? statistics.blocksStored)
        object.set("requests", statistics.requests)
        object.set("retransmissions", statistics.retransmissions)
        object.set("handshakes", address?.isSecure == true ? statistics.handshakes : 0)
        object.set("handshake_ms", statistics.handshakeTime.milliseconds)
        object.set("transfer_ms", statistics.transferTime.milliseconds)
        object.set("total_ms", result.totalTime.milliseconds)
        object.set("bytes_sent", result.bytesSent)
        object.set("bytes_received", result.bytesReceived)
        object.set("resumed_blocks", statistics.resumedBlocks)
        object.set("error", text.failure?.message)
        return object
    }

    private func summary(_ result: UpdateResult, _ text: OutcomeText) -> String {
        let statistics = result.statistics
        guard statistics.blocksStored > 0, statistics.transferTime > .zero else { return text.success }
        let fetched = Int(statistics.blocksStored) - Int(statistics.resumedBlocks)
        return "\(text.success)\n\(fetched) blocks in \(statistics.transferTime.text), "
            + "\(statistics.resumedBlocks) were there before, \(statistics.requests) requests, "
            + "\(statistics.handshakes) handshake\(statistics.handshakes == 1 ? "" : "s")"
    }
}
