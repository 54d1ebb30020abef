import Foundation
import Testing

/// CoAP clients that were not written here.
enum ForeignClient: String, CaseIterable, CustomTestStringConvertible {
    case libcoapGnuTLS = "coap-client-gnutls"
    case libcoapOpenSSL = "coap-client-openssl"
    case libcoapPlain = "coap-client-notls"
    case aiocoap = "aiocoap-client"
    case aiocoapPlain = "aiocoap-client without DTLS"

    var testDescription: String { rawValue }

    var isSecure: Bool {
        switch self {
        case .libcoapGnuTLS, .libcoapOpenSSL, .aiocoap: true
        case .libcoapPlain, .aiocoapPlain: false
        }
    }

    /// GETs a resource.
    ///
    /// - Parameters:
    ///   - uri: The whole URI.
    ///   - blockSize: Asked for by libcoap's clients; aiocoap's takes what comes.
    /// - Returns: The payload, put together from its blocks.
    /// - Throws: ``ProgramError`` with what the client printed.
    func get(_ uri: String, blockSize: Int = 1024) throws -> Data {
        let folder = try TemporaryFolder()
        switch self {
        case .libcoapGnuTLS, .libcoapOpenSSL, .libcoapPlain:
            let output = folder.path("output")
            var arguments = ["-B", "60", "-b", "\(blockSize)", "-o", output]
            if isSecure { arguments += ["-k", ReleaseFolder.key, "-u", ReleaseFolder.identity] }
            let result = try RunningProgram.run(Programs.system(rawValue), arguments + [uri], within: 90)
            guard result.succeeded, let data = FileManager.default.contents(atPath: output) else {
                throw ProgramError("\(rawValue) \(uri): \(result)")
            }
            return data
        case .aiocoap, .aiocoapPlain:
            var arguments = ["-q", "--no-pretty-print", "--no-color"]
            if isSecure {
                arguments += ["--credentials", try AiocoapCredentials.client(uri: uri, in: folder)]
            }
            let result = try RunningProgram.run(Programs.python("aiocoap-client"), arguments + [uri], within: 90)
            guard result.succeeded else { throw ProgramError("\(rawValue) \(uri): \(result)") }
            return result.output
        }
    }
}

/// aiocoap's credential files.
enum AiocoapCredentials {
    private static let dtls =
        #"{"dtls": {"psk": {"ascii": "\#(ReleaseFolder.key)"}, "#
        + #""client-identity": {"ascii": "\#(ReleaseFolder.identity)"}}}"#

    /// For requests to the server of `uri`.
    static func client(uri: String, in folder: TemporaryFolder) throws -> String {
        let server = uri.split(separator: "/", maxSplits: 2)[1]
        return try folder.write(Data(#"{"coaps://\#(server)/*": \#(dtls)}"#.utf8), to: "credentials.json")
    }

    /// For a server with one client.
    static func server(in folder: TemporaryFolder) throws -> String {
        try folder.write(Data(#"{":client": \#(dtls)}"#.utf8), to: "credentials.json")
    }
}
