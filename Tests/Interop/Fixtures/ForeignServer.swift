import Foundation
import Testing

/// CoAP servers that were not written here, with a payload at `/fw/7`.
struct ForeignServer {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case libcoapGnuTLS = "coap-server-gnutls"
        case libcoapOpenSSL = "coap-server-openssl"
        case aiocoap = "aiocoap-fileserver"

        var testDescription: String { rawValue }
    }

    private let folder: TemporaryFolder
    let program: RunningProgram
    let securePort: Int
    let plainPort: Int

    init(_ kind: Kind, serving payload: Data) throws {
        folder = try TemporaryFolder()
        plainPort = try UDPSocket.freePortPair()
        securePort = plainPort + 1
        switch kind {
        case .libcoapGnuTLS, .libcoapOpenSSL:
            program = try RunningProgram(
                Programs.system(kind.rawValue),
                ["-A", "127.0.0.1", "-p", "\(plainPort)", "-d", "10", "-k", ReleaseFolder.key, "-h", "", "-v", "6"]
            )
            try program.bound(plainPort, securePort)
            // Dynamic resources come to be by PUT.
            let file = try folder.write(payload, to: "payload")
            let result = try RunningProgram.run(
                Programs.system("coap-client-notls"),
                ["-B", "30", "-m", "put", "-b", "1024", "-f", file, "\(plain)/fw/\(ReleaseFolder.product)"]
            )
            guard result.succeeded, result.errorText.isEmpty else { throw ProgramError("PUT: \(result)") }
        case .aiocoap:
            try FileManager.default.createDirectory(at: folder.file("files/fw"), withIntermediateDirectories: true)
            _ = try folder.write(payload, to: "files/fw/\(ReleaseFolder.product)")
            program = try RunningProgram(
                Programs.python(kind.rawValue),
                [
                    "-v", "--bind", "127.0.0.1:\(plainPort)", "--credentials",
                    try AiocoapCredentials.server(in: folder),
                    folder.path("files"),
                ],
                environment: ["AIOCOAP_DTLSSERVER_ENABLED": "1"]
            )
            try program.bound(plainPort, securePort)
        }
    }

    var secure: String { "coaps://127.0.0.1:\(securePort)" }
    var plain: String { "coap://127.0.0.1:\(plainPort)" }
}
