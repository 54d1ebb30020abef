import ArgumentParser
import Bootloader
import DTLS
import FlashEmulator
import HostSupport
import UpdateClient

/// The options of the commands that update a device.
struct UpdateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File with options, a line NAME = VALUE each, without --. Options of the command line win. Paths in it are "
                + "relative to its folder.",
            valueName: "file"
        )
    )
    var config: String?

    @Option(help: ArgumentHelp("The server.", valueName: "coaps://host[:port]"))
    var server: String

    @Option(
        parsing: .unconditional,
        help: "The product whose firmware this device runs, 0…65535.",
        transform: UpdateOptions.productID
    )
    var pid: UInt16

    @Option(help: "The device's identity. Needed for coaps.")
    var identity: String?

    @Option(help: "File with the identity's key, identity:hexkey per line. Needed for coaps.")
    var psk: String?

    @Option(help: "The device's flash file.")
    var flash: String

    @Option(help: "Round trip expected of the link in milliseconds: sets the first retransmission timers.")
    var expectedRtt: Int?

    @Option(help: "Seconds after which a handshake is given up, 1…600.")
    var handshakeTimeout = 60

    @Option(help: "Connections tried in a row without an answer before giving up, 1…100.")
    var attempts = 5

    @Option(help: "Block size asked for in bytes: 32, 64 … 1024. Without it 1024, or what the path was found to carry.")
    var blockSize: Int?

    @Sendable private static func productID(_ text: String) throws -> UInt16 {
        guard let number = DecimalNumber.parse16(text.utf8) else { throw ValidationError("write 0…65535") }
        return number
    }

    private var address: ServerAddress? { ServerAddress(server) }

    /// Whether the server is spoken to over DTLS.
    var isSecure: Bool { address?.isSecure == true }

    /// The server as texts name it.
    var serverText: String { address?.description ?? server }

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

    /// - Throws: `Failure` if the key is needed and not there.
    func checkKey() throws(Failure) { _ = try key() }

    private func key() throws(Failure) -> [UInt8]? {
        guard isSecure, let identity, let psk else { return nil }
        return try PreSharedKeyFile.key(of: identity, path: psk)
    }

    /// Looks up the server's name and reads the key, each time anew.
    ///
    /// - Parameters:
    ///   - map: the flash's.
    ///   - retriesRefused: whether an image is taken that was refused before.
    ///   - isSilent: whether no progress is shown.
    /// - Returns: what an update needs besides the flash.
    /// - Throws: `Failure` if there is no such name, or no key.
    func settings(_ map: FlashMap, retriesRefused: Bool, isSilent: Bool) throws -> UpdateSettings {
        guard let address else { throw Failure.configuration("\(server): not an address") }
        var dtls = DTLSConfiguration()
        dtls.handshakeTimeout = .seconds(handshakeTimeout)
        if let expectedRtt { dtls.expectRoundTrip(.milliseconds(expectedRtt)) }
        var configuration = configuration(map, address)
        configuration.retriesRefused = retriesRefused
        return UpdateSettings(
            server: address,
            remotes: try address.resolved(),
            identity: Array((identity ?? "").utf8),
            key: try key(),
            dtls: dtls,
            configuration: configuration,
            isSilent: isSilent
        )
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
        return configuration
    }

    /// The flash, if the device is of the product.
    func openFlash() throws(Failure) -> FlashFile {
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
}
