import Testing

/// What was typed wrongly is answered like any other failure: the program's name, one line, what to type.
@Suite(.timeLimit(.minutes(5))) struct UsageTests {
    struct Slip: Sendable {
        let program: String
        let arguments: String
        let text: String

        init(_ program: String, _ arguments: String, _ text: String) {
            (self.program, self.arguments, self.text) = (program, arguments, text)
        }
    }

    @Test(arguments: [
        Slip("coap-fw-tool", "psk add dev-1 --psk k.psk --pid -1", "the value '-1' is invalid for '--pid <pid>'"),
        Slip("coap-fw-tool", "psk add dev-1 --psk k.psk --pid 65536", "0…65535"),
        Slip("coap-fw-tool", "psk add dev-1", "'--psk <psk>'"),
        Slip("coap-fw-tool", "psk add --psk k.psk", "give an identity, or --count and --prefix"),
        Slip("coap-fw-tool", "release --version 256.0.0", "major.minor.revision, 0…255, 0…255 and 0…65535"),
        Slip("coap-fw-tool", "release --version 1.2", "'1.2' is invalid for '--version <version>'"),
        Slip("coap-fw-tool", "nonsense", "nonsense"),
        Slip("coap-fw-tool", "doctor http://h --pid 7 --identity d --psk k", "write coaps://HOST"),
        Slip("coap-fw-server", "--images Images", "'--psk <psk>'"),
        Slip("coap-fw-server", "--images I --psk k --threads 0", "--threads 0: write 1…64"),
        Slip("coap-fw-server", "--images I --psk k --nonsense", "--nonsense"),
        Slip("coap-fw-client", "update --server coaps://h --pid 7 --flash f", "--identity is needed for coaps"),
        Slip("coap-fw-link", "--listen 127.0.0.1:0 --to 127.0.0.1:9 --rate lots", "20000, 250k"),
        Slip("coap-fw-link", "--listen 127.0.0.1:0 --to 127.0.0.1:9 --loss 2", "0.1 for ten percent"),
        Slip("coap-fw-link", "--listen 127.0.0.1:0 --to 127.0.0.1:9 --loss -.1", "'-.1' is invalid for '--loss"),
    ])
    func wrongUsageIsOneLine(_ slip: Slip) throws {
        let workshop = try Workshop()
        let result = try workshop.run(slip.arguments.split(separator: " ").map(String.init), of: slip.program)
        #expect(result.exited && result.status == 64, "\(result)")
        #expect(result.output.isEmpty)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("\(slip.program): ") && result.errors.contains(slip.text), "\(result.errors)")
        #expect(result.errors.contains("; see: \(slip.program)") && result.errors.hasSuffix("--help\n"))
    }

    /// A number with a unit, and one without its zero, mean what they say.
    @Test func ratesAndProbabilitiesAsPeopleWriteThem() throws {
        let workshop = try Workshop()
        // The port is none, which is found out after all values are read.
        let result = try workshop.run(
            ["--listen", "127.0.0.1:0", "--to", "127.0.0.1:0", "--rate", "250k", "--loss", ".2"],
            of: "coap-fw-link"
        )
        #expect(result.status == 64 && result.errors.contains("--to needs the server's port"), "\(result)")
    }

    @Test(arguments: ["coap-fw-server", "coap-fw-client", "coap-fw-tool", "coap-fw-link", "coap-fw-bench"])
    func everyProgramSaysItsVersion(program: String) throws {
        let workshop = try Workshop()
        let result = try workshop.run(["--version"], of: program)
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.output.wholeMatch(of: /([a-z-]+) \d+\.\d+\.\d+\n/)?.1 == program[...], "\(result.output)")
    }

    /// With an option missing, `--version 1.2.0` is no question.
    @Test func aVersionThatIsAValueIsNoQuestion() throws {
        let workshop = try Workshop()
        let result = try workshop.tool("release", "--version", "1.2.0")
        #expect(result.status == 64 && result.output.isEmpty, "\(result)")
    }
}
