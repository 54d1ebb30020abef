import Bootloader
import FirmwareImage
import Flash
import PowerFail
import Testing

/// The chip of the adversary answers what the fault model of `NORFlash` allows, all of it and nothing else.
@Suite(.timeLimit(.minutes(15))) struct DoubtfulChipTests {
    private static let unit: UInt32 = 4

    /// In a trailer, where every read is asked for itself.
    private let map: FlashMap
    private let facts = Facts(
        expectation: .settled(.init(major: 1, minor: 0, revision: 0)),
        origin: .init(major: 1, minor: 0, revision: 0),
        offer: .new
    )

    init() throws {
        map = try PowerGeometry.nrf52840.map()
    }

    private var address: UInt32 { map.primary.offset + map.trailer.imageOKOffset }

    private var blank: DoubtfulPicture {
        let contents = [UInt8](repeating: 0xFF, count: Int(map.geometry.totalBytes))
        return DoubtfulPicture(geometry: map.geometry, isWriteOnce: false, contents: contents)
    }

    private func flash(_ picture: DoubtfulPicture, _ script: [UInt8] = []) -> DoubtfulFlash {
        DoubtfulFlash(DoubtfulChip(map, picture, facts, Oracle(script, .always)))
    }

    /// All sequences of answers to some reads of one unit with so many deviations at most.
    private func answers(_ picture: DoubtfulPicture, reads: Int, deviations: Int) -> Set<[UInt32?]> {
        var found: Set<[UInt32?]> = []
        var scripts: [([UInt8], Int)] = [([], 0)]
        while let (script, used) = scripts.popLast() {
            var flash = flash(picture, script)
            var answers: [UInt32?] = []
            for _ in 0..<reads {
                var bytes = InlineArray<4, UInt8>(repeating: 0)
                let isRead = (try? flash.read(at: address, into: &bytes)) != nil
                answers.append(isRead ? bytes.span.bytes.littleEndianUInt32(at: 0) : nil)
            }
            found.insert(answers)
            let taken = flash.chip.oracle.taken
            for position in script.count..<taken.count {
                let next = used + (taken[position].isDeviation ? 1 : 0)
                guard next <= deviations else { continue }
                for other in 1..<taken[position].alternatives {
                    scripts.append((taken[..<position].map(\.taken) + [other], next))
                }
            }
        }
        return found
    }

    @Test func aTornProgramReadsOldNewBetweenOrNotAtAll() {
        var picture = blank
        let bytes: [UInt8] = [0x00, 0x00, 0x00, 0x00]
        picture.tearProgram(bytes.span.bytes, at: Int(address), group: 1)
        let once = answers(picture, reads: 1, deviations: 0)
        #expect(once == [[0xFFFF_FFFF], [0], [0xFFFF_FFFE], [nil]])
        // Every sequence that changes at most twice: 4 that stay, 36 change once, 108 twice.
        #expect(answers(picture, reads: 4, deviations: 2).count == 4 + 36 + 108)
    }

    @Test func aTornEraseMayProgramWhatWasBlank() {
        var picture = blank
        let sector = Int(address) / 512 * 512
        picture.tearErase(sector..<sector + 512, group: 1)
        #expect(picture.doubtfulCount == 128)
        let once = answers(picture, reads: 1, deviations: 1)
        #expect(once.contains([0xFFFF_FFFF]))
        #expect(once.contains([0]))
        #expect(once.contains([nil]))
        #expect(once.contains { $0[0].map { $0.nonzeroBitCount == 31 } ?? false })
    }

    @Test func whatReturnedIsSure() throws {
        var picture = blank
        let bytes: [UInt8] = [0x01, 0xFF, 0xFF, 0xFF]
        picture.program(bytes.span.bytes, at: Int(address))
        #expect(answers(picture, reads: 3, deviations: 2) == [[0xFFFF_FF01, 0xFFFF_FF01, 0xFFFF_FF01]])
        let sector = Int(address) / 512 * 512
        picture.tearErase(sector..<sector + 512, group: 1)
        picture.erase(sector..<sector + 512)
        #expect(picture.doubtfulCount == 0)
        #expect(picture.fingerprint == blank.fingerprint)
    }

    /// It may be refused, or be done: then the unit does not read erased any more.
    @Test func aUnitInDoubtMayRefuseAProgram() throws {
        var picture = blank
        let torn: [UInt8] = [0x0F, 0xFF, 0xFF, 0xFF]
        picture.tearProgram(torn.span.bytes, at: Int(address), group: 1)
        let other: [UInt8] = [0xF0, 0xFF, 0xFF, 0xFF]
        var done = flash(picture)
        try done.program(at: address, other.span.bytes)
        let after = answers(done.chip.picture, reads: 1, deviations: 1)
        #expect(after.contains([0xFFFF_FFF0]))
        #expect(after.contains([0xFFFF_FF00]))
        #expect(!after.contains([0xFFFF_FFFF]))
        var refused = flash(picture, [1])
        #expect(throws: FlashError.notErased(address: address)) { try refused.program(at: address, other.span.bytes) }
        #expect(refused.chip.picture.fingerprint == picture.fingerprint)
        // The same once more: nothing of it is in doubt then.
        var same = flash(picture)
        try same.program(at: address, torn.span.bytes)
        #expect(same.chip.picture.doubtfulCount == 0)
    }

    @Test func aPartWithECCTakesOneProgram() throws {
        let map = try PowerGeometry.stm32l4.map()
        let contents = [UInt8](repeating: 0xFF, count: Int(map.geometry.totalBytes))
        let picture = DoubtfulPicture(geometry: map.geometry, isWriteOnce: true, contents: contents)
        var flash = DoubtfulFlash(DoubtfulChip(map, picture, facts, Oracle([], .always)))
        let erased = [UInt8](repeating: 0xFF, count: 8)
        try flash.program(at: 0, erased.span.bytes)
        #expect(throws: FlashError.notErased(address: 0)) { try flash.program(at: 0, erased.span.bytes) }
    }

    /// Equal contents in doubt are one state, whichever operation left them.
    @Test func fingerprintsAreOfTheState() {
        var (one, other) = (blank, blank)
        let bytes: [UInt8] = [0x00, 0x00, 0x00, 0x00]
        one.tearProgram(bytes.span.bytes, at: Int(address), group: 1)
        #expect(one.fingerprint != other.fingerprint)
        other.tearProgram(bytes.span.bytes, at: Int(address), group: 2)
        #expect(one.fingerprint == other.fingerprint)
        one.tearProgram(bytes.span.bytes, at: Int(address) + 4, group: 2)
        #expect(one.fingerprint != other.fingerprint)
    }
}
