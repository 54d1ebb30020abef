import Testing

@Suite(.timeLimit(.minutes(15))) struct HelpTests {
    @Test(arguments: [
        ([], "psk key image flash release doctor"),
        (["psk"], "add list revoke rotate grant deny who import export"),
        (["psk", "add"], "--count --prefix --key-hex --key-file --force-short-key --pid --psk --json"),
        (["psk", "grant"], "--pid --all --only --psk --json"),
        (["psk", "deny"], "--pid --psk --json"),
        (["psk", "who"], "--pid --psk --json"),
        (["psk", "import"], "--pid --force-short-key --psk --json"),
        (["psk", "export"], "--out --psk --json"),
        (["psk", "list"], "--show-keys --psk --json"),
        (["psk", "revoke"], "--psk --json"),
        (["psk", "rotate"], "--key-hex --psk"),
        (["key"], "generate fingerprint rotate"),
        (["key", "fingerprint"], "KEYHASH --json"),
        (["key", "generate"], "0600 .pub --type ed25519 ecdsa-p256"),
        (["key", "rotate"], "--key --trust --set --pid --out"),
        (["image"], "info verify"),
        (["image", "info"], "--json"),
        (["image", "verify"], "--key --pid --json"),
        (["flash"], "create read"),
        (["flash", "read"], "--flash --slot primary secondary --out --json"),
        (["flash", "create"], "--flash --trust --image --pid --part --sectors --sector-size --write-alignment"),
        (["release"], "--pid --version --binary --key --images --header-size --force-older --force --json"),
        (["releases"], "list show withdraw restore"),
        (["releases", "list"], "<pid> --images --json current withdrawn"),
        (["releases", "withdraw"], "<pid> <version> --images --json"),
        (["doctor"], "coaps://HOST coap://HOST --pid --identity --psk --key --timeout --json"),
    ])
    func everyCommandHasHelp(command: [String], words: String) throws {
        try expectHelp("coap-fw-tool", command, words)
    }

    @Test(arguments: [
        ([], "update run status reboot confirm rotate"),
        (
            ["update"],
            "--config --server --pid --identity --psk --flash --json --expected-rtt --handshake-timeout --attempts"
                + " --block-size"
        ),
        (
            ["run"],
            "--config --server --interval --reboot --health-check --health-timeout --trial-timeout --json SIGUSR1"
        ),
        (["status"], "--config --flash --json"),
        (["reboot"], "--flash --json"),
        (["confirm"], "--flash --json"),
        (["rotate"], "--flash --json"),
    ])
    func everyCommandOfTheClientHasHelp(command: [String], words: String) throws {
        try expectHelp("coap-fw-client", command, words)
    }

    @Test func theServerHasHelp() throws {
        let options = "--images --psk --listen --listen-plain --require-rights --threads --log-level --verbose"
        let limits = " --sessions --sessions-per-identity --sessions-per-source --handshakes --idle-time --payload-size"
        try expectHelp("coap-fw-server", [], options + limits + " SIGTERM SIGHUP SIGUSR1 69 78")
    }

    private func expectHelp(_ program: String, _ command: [String], _ words: String) throws {
        let workshop = try Workshop()
        let result = try workshop.run(command + ["--help"], of: program)
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        for word in words.split(separator: " ") {
            #expect(result.output.contains(word), "\(command): \(word)")
        }
    }

    @Test(arguments: [
        ["release"], ["release", "--pid", "65536"], ["psk", "add"], ["psk", "add", ""], ["key", "generate"],
        ["image", "verify", "x"], ["flash", "create", "--flash", "f"], ["doctor", "coaps://h", "--pid", "7"],
        ["nonsense"],
        ["release", "--version", "one"],
    ])
    func wrongUsageIs64AndSaysWhereToRead(arguments: [String]) throws {
        let workshop = try Workshop()
        let result = try workshop.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("; see: coap-fw-tool"))
    }
}
