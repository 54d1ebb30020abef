import LinkEmulator
import Testing

/// Every property is held to its range by name.
@Suite(.timeLimit(.minutes(15))) struct ProfileTests {
    @Test(arguments: [0, -0.01, 1.01, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, 1])
    func probabilities(value: Double) throws {
        let isValid = value >= 0 && value <= 1
        func check(_ field: LinkProfileField, _ make: () throws(LinkProfileError) -> LinkProfile) {
            if isValid {
                #expect(throws: Never.self) { try make() }
            } else {
                #expect(throws: LinkProfileError.probabilityOutOfRange(field)) { try make() }
            }
        }
        check(.loss) { () throws(LinkProfileError) in try LinkProfile(loss: value) }
        check(.duplicate) { () throws(LinkProfileError) in try LinkProfile(duplicate: value) }
        check(.reorder) { () throws(LinkProfileError) in try LinkProfile(reorder: value) }
        check(.corrupt) { () throws(LinkProfileError) in try LinkProfile(corrupt: value) }
    }

    @Test func rates() throws {
        #expect(throws: LinkProfileError.zeroRate) { try LinkProfile(rateBitsPerSecond: 0) }
        #expect(throws: LinkProfileError.rateTooHigh(bitsPerSecond: .max)) { try LinkProfile(rateBitsPerSecond: .max) }
        #expect(try LinkProfile(rateBitsPerSecond: 1).rateBitsPerSecond == 1)
        #expect(try LinkProfile().rateBitsPerSecond == nil)
    }

    @Test(arguments: [Duration.nanoseconds(-1), .seconds(86_401), .seconds(Int64.max), .seconds(Int64.min)])
    func durations(value: Duration) {
        #expect(throws: LinkProfileError.durationOutOfRange(.delay)) { try LinkProfile(delay: value) }
        #expect(throws: LinkProfileError.durationOutOfRange(.jitter)) { try LinkProfile(jitter: Jitter(amount: value)) }
    }

    @Test(arguments: [0, 0.99, -4, .nan, .infinity])
    func burstLengths(value: Double) {
        #expect(throws: LinkProfileError.burstLengthOutOfRange) { try LinkProfile(loss: 0.1, meanBurstLength: value) }
    }

    @Test func burstsTooShortForTheLoss() throws {
        #expect(throws: LinkProfileError.burstTooShort(minimum: 3)) {
            try LinkProfile(loss: 0.75, meanBurstLength: 2.9)
        }
        #expect(throws: Never.self) { try LinkProfile(loss: 0.75, meanBurstLength: 3) }
        #expect(throws: Never.self) { try LinkProfile(loss: 1, meanBurstLength: 2) }
        #expect(throws: Never.self) { try LinkProfile(loss: 0, meanBurstLength: 2) }
    }

    @Test(arguments: [0, -1, Int.min, Int.max, LinkProfile.maximumQueueBytes + 1])
    func queues(value: Int) {
        #expect(throws: LinkProfileError.queueOutOfRange(bytes: value)) { try LinkProfile(queueBytes: value) }
    }

    @Test(arguments: [0, -1, 28, 65_536, Int.max])
    func mtus(value: Int) {
        #expect(throws: LinkProfileError.mtuOutOfRange(bytes: value)) { try LinkProfile(mtuBytes: value) }
    }

    @Test func explicitValuesOverrideThePreset() throws {
        let plain = try LinkProfile(preset: .nbIoT)
        #expect(plain.rateBitsPerSecond == 60_000)
        #expect(plain.delay == .milliseconds(750))
        #expect(plain.loss == 0)
        let changed = try LinkProfile(preset: .nbIoT, delay: .zero, loss: 0.1)
        #expect(changed.rateBitsPerSecond == 60_000)
        #expect(changed.delay == .zero)
        #expect(changed.loss == 0.1)
        #expect(try LinkProfile(preset: .sat, rateBitsPerSecond: 9600).rateBitsPerSecond == 9600)
    }

    @Test func presetsByName() {
        #expect(LinkPreset.allCases.map(\.rawValue) == ["sat", "nb-iot", "mesh", "lte"])
        #expect(LinkPreset(rawValue: "5g") == nil)
    }
}
