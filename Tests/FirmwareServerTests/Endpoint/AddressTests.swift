import HostSupport
import Testing

@Suite(.timeLimit(.minutes(15))) struct AddressTests {
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
