import Foundation

/// A signing key, a key store with one device and a catalog, as a vendor has them, in a folder of their own.
struct ReleaseFolder {
    static let product = 7
    static let identity = "dev-1"
    /// Text, because coap-client takes keys as text only.
    static let key = "interop-key-16by"
    static let keyHex = key.utf8.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()

    let folder: TemporaryFolder
    var images: String { folder.path("Images") }
    var psk: String { folder.path("identities.psk") }
    var signingKey: String { folder.path("signing") }
    var publicKey: String { folder.path("signing.pub") }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: images, withIntermediateDirectories: true)
        try tool("key", "generate", signingKey)
        try tool(
            "psk",
            "add",
            Self.identity,
            "--key-hex",
            Self.keyHex,
            "--pid",
            "\(Self.product)",
            "--psk",
            psk
        )
    }

    /// Runs coap-fw-tool, which must succeed.
    @discardableResult
    func tool(_ arguments: String...) throws -> RunningProgram.Result { try run(arguments) }

    @discardableResult
    private func run(_ arguments: [String]) throws -> RunningProgram.Result {
        let result = try RunningProgram.run(Programs.own("coap-fw-tool"), arguments)
        guard result.succeeded else { throw ProgramError("coap-fw-tool \(arguments): \(result)") }
        return result
    }

    /// Publishes a release and returns its payload. Forced where another key signed the one before.
    @discardableResult
    func release(_ version: String, _ binary: Data, isForced: Bool = false) throws -> Data {
        let file = try folder.write(binary, to: "app-\(version).bin")
        let arguments = [
            "release", "--pid", "\(Self.product)", "--version", version, "--binary", file, "--key", signingKey,
            "--images", images,
        ]
        try run(arguments + (isForced ? ["--force"] : []))
        return try Data(contentsOf: URL(fileURLWithPath: payload(version)))
    }

    func payload(_ version: String) -> String {
        "\(images)/\(Self.product)/\(version)/firmware.bin"
    }

    /// A device that left the factory with that release, or with nothing.
    func device(_ name: String, running version: String? = nil) throws -> Device {
        let flash = folder.path(name)
        var arguments = ["flash", "create", "--flash", flash, "--trust", publicKey, "--pid", "\(Self.product)"]
        if let version { arguments += ["--image", payload(version)] }
        let result = try RunningProgram.run(Programs.own("coap-fw-tool"), arguments)
        guard result.succeeded else { throw ProgramError("coap-fw-tool \(arguments): \(result)") }
        return Device(flash: flash, psk: psk)
    }
}

/// An emulated device.
struct Device {
    let flash: String
    let psk: String

    func updateArguments(from server: String) -> [String] {
        [
            "update", "--server", server, "--pid", "\(ReleaseFolder.product)", "--identity", ReleaseFolder.identity,
            "--psk", psk, "--flash", flash, "--json",
        ]
    }

    func startUpdate(from server: String) throws -> RunningProgram {
        try RunningProgram(Programs.own("coap-fw-client"), updateArguments(from: server))
    }

    /// Updates to the end, which must be good, and reports as the client does.
    func update(from server: String, within seconds: Double = 180) throws -> UpdateReport {
        let result = try startUpdate(from: server).result(within: seconds)
        guard result.succeeded else { throw ProgramError("update from \(server): \(result)") }
        return try JSONDecoder.snakeCase.decode(UpdateReport.self, from: result.output)
    }

    /// Resets the device; what runs then.
    func reboot() throws -> BootReport {
        let result = try RunningProgram.run(Programs.own("coap-fw-client"), ["reboot", "--flash", flash, "--json"])
        guard result.succeeded else { throw ProgramError("reboot: \(result)") }
        return try JSONDecoder.snakeCase.decode(BootReport.self, from: result.output)
    }
}

/// What `coap-fw-client update --json` says.
struct UpdateReport: Decodable {
    var result: String
    var version: String?
    var size: Int?
    var resumedBlocks: Int
    var retransmissions: Int
    var handshakes: Int
}

/// What `coap-fw-client reboot --json` says.
struct BootReport: Decodable {
    var version: String
    var trial: Bool
}

extension JSONDecoder {
    static var snakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
