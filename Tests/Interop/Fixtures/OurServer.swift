import Foundation

/// coap-fw-server on loopback ports of its own, with DTLS and without.
struct OurServer {
    let program: RunningProgram
    let securePort: Int
    let plainPort: Int

    init(_ releases: ReleaseFolder) throws {
        program = try RunningProgram(
            Programs.own("coap-fw-server"),
            [
                "--images", releases.images, "--psk", releases.psk, "--listen", "127.0.0.1:0",
                "--listen-plain", "127.0.0.1:0",
            ]
        )
        securePort = try program.listeningPort("coaps://")
        plainPort = try program.listeningPort("coap://")
    }

    var secure: String { "coaps://127.0.0.1:\(securePort)" }
    var plain: String { "coap://127.0.0.1:\(plainPort)" }
}
