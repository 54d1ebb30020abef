import Testing

@Suite struct HelpTests {
    @Test(arguments: [
        ([], "psk key image flash release doctor"),
        (["psk"], "add list revoke rotate"),
        (["psk", "add"], "--key-hex --force-short-key --pid --psk --json"),
        (["psk", "list"], "--show-keys --psk --json"),
        (["psk", "revoke"], "--psk"),
        (["psk", "rotate"], "--key-hex --psk"),
        (["key"], "generate rotate"),
        (["key", "generate"], "0600 .pub --type ed25519 ecdsa-p256"),
        (["key", "rotate"], "--key --trust --set --pid --out"),
        (["image"], "info verify"),
        (["image", "info"], "--json"),
        (["image", "verify"], "--key --pid --json"),
        (["flash"], "create read"),
        (["flash", "read"], "--flash --slot primary secondary --out"),
        (["flash", "create"], "--flash --trust --image --pid --part --sectors --sector-size --write-alignment"),
        (["release"], "--pid --version --binary --key --images --header-size --force-older --json"),
        (["releases"], "list show withdraw restore"),
        (["releases", "list"], "<pid> --images --json current withdrawn"),
        (["releases", "withdraw"], "<pid> <version> --images --json"),
        (["doctor"], "coaps://HOST --pid --identity --psk --timeout"),
    ])
    func everyCommandHasHelp(command: [String], words: String) throws {
        let workshop = try Workshop()
        let result = try workshop.run(command + ["--help"])
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        for word in words.split(separator: " ") {
            #expect(result.output.contains(word), "\(command): \(word)")
        }
    }

    @Test(arguments: [
        ["release"], ["release", "--pid", "65536"], ["psk", "add"], ["psk", "add", ""], ["key", "generate"],
        ["image", "verify", "x"], ["flash", "create", "--flash", "f"], ["doctor", "coap://h"], ["nonsense"],
        ["release", "--version", "one"],
    ])
    func wrongUsageIs64AndShowsTheUsage(arguments: [String]) throws {
        let workshop = try Workshop()
        let result = try workshop.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.contains("Usage:"))
    }
}
