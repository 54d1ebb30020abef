import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// Signed manifests that a device must not follow, by name.
@Suite(.timeLimit(.minutes(15))) struct RefusalTests {
    private func refused(_ made: HandMade, _ error: ManifestError, _ comment: Comment? = nil) {
        #expect(throws: error, comment) { try Fixture.offer(made.envelope()) }
    }

    private func install(_ parameters: [(Int32, HandMade.Part)]) -> HandMade {
        var made = HandMade()
        made.install = { HandMade.sequence(&$0, 3, HandMade.override(parameters), [21, 2], [3, 15]) }
        return made
    }

    /// What the private parameter says.
    private func information(_ fields: [(UInt32, HandMade.Part)]) -> HandMade {
        install([(21, { $0.text("firmware") }), (-257, HandMade.information([(1, { $0.unsigned(7) })] + fields))])
    }

    @Test func theHandMadeOneIsGood() throws {
        #expect(try Fixture.offer(HandMade().envelope()).imageSizeBytes == 1000)
    }

    @Test func anotherVendorOrClass() throws {
        let envelope = try Fixture.envelope(Fixture().contents)
        let stranger = DeviceIdentity.Identifier(vendorDomain: "example.com")
        var device = Fixture.device
        device.vendor = stranger
        #expect(throws: ManifestError.wrongVendor) { try Fixture.offer(envelope, device: device) }
        device = Fixture.device
        device.class = DeviceIdentity.Identifier(className: "another node", vendor: Fixture.vendor)
        #expect(throws: ManifestError.wrongClass) { try Fixture.offer(envelope, device: device) }
        // Also without the conditions.
        var made = HandMade()
        made.shared = { HandMade.sequence(&$0, 1, HandMade.override) }
        device.vendor = stranger
        #expect(throws: ManifestError.wrongVendor) { try Fixture.offer(made.envelope(), device: device) }
        device.vendor = Fixture.vendor
        #expect(throws: ManifestError.wrongClass) { try Fixture.offer(made.envelope(), device: device) }
        for missing in 0..<4 {
            made.shared = {
                var parameters = HandMade.common
                parameters.remove(at: missing)
                HandMade.sequence(&$0, 1, HandMade.override(parameters))
            }
            refused(made, .missingParameter([1, 2, 3, 14][missing]))
        }
    }

    @Test func anotherProduct() throws {
        var contents = try Fixture().contents
        contents.productID = 8
        #expect(throws: ManifestError.wrongProduct(found: 8, expected: 7)) {
            try Fixture.offer(Fixture.envelope(contents))
        }
        contents.productID = nil
        let envelope = try Fixture.envelope(contents)
        #expect(throws: ManifestError.wrongProduct(found: nil, expected: 7)) { try Fixture.offer(envelope) }
    }

    @Test func aSequenceNumberThatIsLowerOrTooHigh() throws {
        let envelope = try Fixture.envelope(Fixture().contents)
        func read(last: UInt32, step: UInt32 = 100) throws -> UInt32 {
            try Fixture.offer(envelope, policy: ManifestPolicy(lastSequence: last, step: step)).sequenceNumber
        }
        #expect(try read(last: 300) == 300)
        #expect(try read(last: 200) == 300)
        #expect(throws: ManifestError.sequenceTooLow(found: 300, minimum: 301)) { try read(last: 301) }
        #expect(throws: ManifestError.sequenceTooHigh(found: 300, maximum: 299)) { try read(last: 199) }
        #expect(throws: ManifestError.sequenceTooLow(found: 300, minimum: .max)) { try read(last: .max) }
        var made = HandMade()
        made.sequenceNumber = .max
        #expect(throws: ManifestError.sequenceTooHigh(found: .max, maximum: 1 << 16)) {
            try Fixture.offer(made.envelope())
        }
    }

    @Test func anotherVersionOrUnknownMembers() {
        var made = HandMade()
        made.version = 2
        refused(made, .unsupportedVersion(2))
        made = HandMade()
        made.more = [(5, { $0.array(0) })]
        refused(made, .unsupportedMember(5))
        made.more = [(24, { $0.null() })]
        refused(made, .unsupportedMember(24))
        made.more = [(-300, { $0.null() })]
        refused(made, .unsupportedMember(-300))
        made.more = [(8, { $0.wrapped { HandMade.sequence(&$0, 2, { _ in }, [12, 0], [22, 2]) } })]
        refused(made, .unsupportedMember(8))
    }

    /// All commands are critical.
    @Test(arguments: [4, 6, 13, 18, 24, 25, 28, 31, 32, 33, 255, 256])
    func anUnknownCommand(number: UInt32) {
        var made = HandMade()
        made.install = { HandMade.sequence(&$0, 4, HandMade.fetching, [21, 2], [3, 15], [number, 0]) }
        refused(made, .unsupportedCommand(Int32(number)))
        made = HandMade()
        made.shared = { HandMade.sequence(&$0, 2, HandMade.override, [number, 0]) }
        refused(made, .unsupportedCommand(Int32(number)))
        // And in a branch that this device does not take.
        made.shared = HandMade().shared
        made.install = { install in
            install.array(8)
            HandMade.fetching(&install)
            install.unsigned(15)
            install.array(3)
            install.wrapped { HandMade.sequence(&$0, 1, { _ in }, [2, 15]) }
            install.wrapped { HandMade.sequence(&$0, 1, { _ in }, [number, 0]) }
            install.null()
            for number: UInt32 in [21, 2, 3, 15] { install.unsigned(number) }
        }
        refused(made, .unsupportedCommand(Int32(number)))
    }

    @Test func aPrivateCommand() {
        var made = HandMade()
        made.install = {
            $0.array(2)
            $0.integer(-256)
            $0.null()
        }
        refused(made, .unsupportedCommand(-256))
    }

    @Test func commandsWhereTheyMayNotBe() {
        for number: UInt32 in [21, 22, 23] {
            var made = HandMade()
            made.shared = { HandMade.sequence(&$0, 2, HandMade.override, [number, 2]) }
            refused(made, .commandNotAllowed(Int32(number)))
        }
        var made = HandMade()
        made.install = { HandMade.sequence(&$0, 4, HandMade.fetching, [21, 2], [3, 15], [23, 2]) }
        refused(made, .commandNotAllowed(23))
        // Parameters after the fetch.
        made.install = {
            $0.array(6)
            HandMade.fetching(&$0)
            $0.unsigned(21)
            $0.unsigned(2)
            HandMade.override(&$0)
        }
        refused(made, .commandNotAllowed(20))
    }

    @Test func whatADeviceOfOneComponentCannotDo() {
        var made = HandMade()
        made.install = { HandMade.sequence(&$0, 4, HandMade.fetching, [21, 2], [3, 15], [22, 2]) }
        refused(made, .unsupportedCommand(22))
        made.install = { HandMade.sequence(&$0, 3, HandMade.fetching, [21, 2], [21, 2]) }
        refused(made, .severalPayloads)
        made.install = { HandMade.sequence(&$0, 2, HandMade.fetching, [3, 15]) }
        refused(made, .nothingToFetch)
        made.install = { HandMade.sequence(&$0, 3, HandMade.fetching, [14, 15], [21, 2]) }
        refused(made, .aborted)
        made.install = { HandMade.sequence(&$0, 3, HandMade.fetching, [12, 1], [21, 2]) }
        refused(made, .noSuchComponent)
        made.install = HandMade().install
        made.components = 2
        refused(made, .severalComponents(2))
        made.components = 9
        refused(made, .severalComponents(9))
        made.components = 0
        refused(made, .missingMember(2))
    }

    @Test func sequencesThatNest() {
        var made = HandMade()
        func nested(_ depth: Int) -> HandMade.Part {
            { writer in
                writer.array(2)
                writer.unsigned(15)
                writer.array(2)
                writer.wrapped(depth == 0 ? { HandMade.sequence(&$0, 1, { _ in }, [1, 15]) } : nested(depth - 1))
                writer.null()
            }
        }
        made.install = nested(1)
        refused(made, .nestedTooDeep)
        made.install = nested(20)
        refused(made, .nestedTooDeep)
        made.install = { $0.encoded([UInt8](repeating: 0x81, count: 100) + [0]) }
        refused(made, .unexpectedType)
        made.install = { $0.encoded([0x82, 0x14] + [UInt8](repeating: 0xA1, count: 200)) }
        refused(made, .unexpectedType)
    }

    @Test func unknownOrMalformedParameters() {
        for key: Int32 in [4, 12, 18, 24, 26, -256, -258] {
            let parameters: [(Int32, HandMade.Part)] = [(key, { $0.unsigned(0) })]
            refused(install(parameters), .unsupportedParameter(key))
        }
        refused(install([(1, { $0.byteString([1, 2, 3]) })]), .unexpectedType)
        refused(install([(14, { $0.integer(-1) })]), .unexpectedType)
        refused(
            install([
                (
                    3,
                    {
                        $0.wrapped {
                            $0.array(2)
                            $0.integer(-44)
                            $0.byteString([UInt8](repeating: 0, count: 64))
                        }
                    }
                )
            ]),
            .unsupportedDigest(-44)
        )
        refused(install([(-257, HandMade.information([(1, { $0.unsigned(7) })]))]), .malformedURI)
        for text in ["", "a b", "a\n", "ä", String(repeating: "a", count: 65)] {
            let parameters: [(Int32, HandMade.Part)] = [
                (21, { $0.text(text) }), (-257, HandMade.information([(1, { $0.unsigned(7) })])),
            ]
            refused(install(parameters), .malformedURI, "\(text)")
        }
    }

    @Test func malformedInformation() {
        let digest = [UInt8](repeating: 1, count: 16)
        refused(information([(12, { $0.unsigned(0) })]), .unsupportedInformation(12))
        refused(information([(2, { $0.array(0) })]), .malformedInformation(2))
        refused(information([(7, { $0.unsigned(3) })]), .unsupportedCodec(3))
        refused(information([(7, { $0.unsigned(.max) })]), .unsupportedCodec(.max))
        refused(information([(7, { $0.unsigned(1) })]), .missingInformation(6))
        refused(information([(6, { $0.byteString(digest) }), (7, { $0.unsigned(1) })]), .missingInformation(5))
        refused(information([(4, { $0.byteString([1, 2, 3]) })]), .malformedInformation(4))
        refused(information([(6, { $0.byteString([1, 2, 3]) })]), .malformedInformation(6))
        refused(information([(6, { $0.byteString(digest + digest + [1]) })]), .malformedInformation(6))
        refused(information([(9, { $0.byteString(digest) })]), .malformedInformation(9))
        refused(information([(8, { $0.unsigned(999) })]), .malformedInformation(8))
        refused(information([(5, { $0.unsigned(999) })]), .malformedInformation(5))
        refused(information([(10, { $0.unsigned(12) })]), .missingInformation(11))
        refused(information([(11, { $0.byteString(digest) })]), .missingInformation(10))
        for exponent: UInt32 in [0, 9, 17, 31, 32, 255] {
            let fields: [(UInt32, HandMade.Part)] = [
                (10, { $0.unsigned(exponent) }), (11, { $0.byteString(digest) }),
            ]
            refused(information(fields), .malformedInformation(10))
        }
        refused(information([(10, { $0.unsigned(256) })]), .numberTooLarge)
    }
}
