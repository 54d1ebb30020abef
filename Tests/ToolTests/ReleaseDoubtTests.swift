import Testing

/// What devices could never take is not published unasked.
@Suite(.timeLimit(.minutes(5))) struct ReleaseDoubtTests {
    private func expectDoubt(_ workshop: Workshop, _ text: String, _ arguments: [String]) throws {
        let refused = try workshop.run(arguments)
        #expect(refused.status == 65, "\(refused)")
        #expect(refused.errors.contains(text) && refused.errors.hasSuffix("or give --force\n"), "\(refused.errors)")
        #expect(!workshop.exists("Images/7/1.1.0"))
        let forced = try workshop.run(arguments + ["--force", "--json"])
        #expect(forced.status == 0 && forced.errors.contains("note: ") && forced.errors.contains(text), "\(forced)")
        #expect(try forced.json()["result"] as? String == "released")
    }

    private func arguments(_ key: String = "signing", _ more: String...) -> [String] {
        ["release", "--pid", "7", "--version", "1.1.0", "--binary", "app.bin", "--key", key, "--images", "Images"]
            + more
    }

    @Test func anotherKeyThanBefore() throws {
        let workshop = try Workshop.withRelease()
        try workshop.tool("key", "generate", "other")
        try expectDoubt(workshop, "another key signed 1.0.0", arguments("other"))
    }

    @Test func aLowerSecurityCounter() throws {
        let workshop = try Workshop.withRelease()
        try #require(try workshop.release("1.0.1", "--security-counter", "5").status == 0)
        try expectDoubt(
            workshop,
            "its security counter is 4, and a release with 5",
            arguments("signing", "--security-counter", "4")
        )
        #expect(try workshop.release("1.2.0", "--security-counter", "5").status == 0)
    }

    @Test func aHeaderThatAlignsNothing() throws {
        let workshop = try Workshop.withRelease()
        try expectDoubt(workshop, "a header of 500 bytes", arguments("signing", "--header-size", "500"))
    }

    @Test func moreThanServersServe() throws {
        let workshop = try Workshop.withRelease()
        try workshop.write([UInt8](repeating: 0, count: 64 << 20), to: "app.bin")
        try expectDoubt(workshop, "servers serve 67108864", arguments())
    }

    /// The first release of an images folder makes it, which is said: the name may be a slip.
    @Test func aFolderThatWasNotThereIsSaid() throws {
        let workshop = try Workshop.withRelease()
        var arguments = arguments()
        arguments[arguments.count - 1] = "Imgaes"
        let made = try workshop.run(arguments)
        #expect(made.status == 0 && made.errors.contains("Imgaes was not there and was made"), "\(made)")
        #expect(!(try workshop.release("1.2.0")).errors.contains("was not there"))
    }
}
