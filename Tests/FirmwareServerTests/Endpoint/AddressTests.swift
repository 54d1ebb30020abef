import Endpoint
import FirmwareServer
import HostSupport
import NIOCore
import Testing

@Suite struct AddressTests {
    @Test(arguments: ["127.0.0.1", "10.1.2.3", "::1", "2001:db8::7", "fe80::1"])
    func peerAddressesSurviveTheRoundTrip(text: String) throws {
        let address = try SocketAddress(ipAddress: text, port: 5684)
        let peer = try #require(PeerAddress(address))
        #expect(PeerAddress(peer.socketAddress) == peer)
        #expect(peer.socketAddress.port == 5684)
        #expect(peer.description == (text.contains(":") ? "[\(text)]:5684" : "\(text):5684"))
        #expect(peer != PeerAddress(try SocketAddress(ipAddress: text, port: 5685)))
    }

    @Test(
        arguments: [
            ("127.0.0.1:5700", "127.0.0.1:5700"), ("127.0.0.1", "127.0.0.1:5684"), ("[::1]:1", "[::1]:1"),
            ("[::1]", "[::1]:5684"), ("::1", "[::1]:5684"), ("localhost:0", "localhost:0"),
            ("", nil), (":5684", nil), ("host:", nil), ("host:65536", nil), ("host:-1", nil), ("[::1", nil),
            ("[::1]x", nil), ("host:1a", nil),
        ] as [(String, String?)]
    )
    func listenAddresses(text: String, expected: String?) {
        #expect(HostPort(text, defaultPort: 5684)?.description == expected)
    }
}
