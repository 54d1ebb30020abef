import FirmwarePackaging
import Foundation
import Payload
import Testing

/// The byte maps, and that payloads of today are decoded tomorrow.
@Suite(.timeLimit(.minutes(15))) struct FormatTests {
    @Test func aDecoderTakesTenKibibytesAtMost() {
        #expect(MemoryLayout<PayloadDecoder>.size <= 10 * 1024)
    }

    /// Field by field as drawn at `DeltaHeader` and in docs/payload.md.
    @Test func theHeaderIsAsDrawn() throws {
        let header = DeltaHeader(
            outputBytes: 300,
            sourceBytes: 127,
            isThumb: true,
            base: 0x0800_8000,
            ramBase: 0x2000_0000,
            ramBytes: 0x1_0000
        )
        let expected: [UInt8] = [
            0x1F,  // version 1; source, Thumb, base, RAM
            0xAC, 0x02,  // outputBytes
            0x7F,  // sourceBytes
            0x80, 0x81, 0x20,  // base / 256 = 0x80080
            0x80, 0x80, 0x08,  // ramBase / 4096 = 0x20000
            0x10,  // ramBytes / 4096
        ]
        #expect(header.bytes == expected)
        let plain = DeltaHeader(outputBytes: 5, sourceBytes: 0)
        #expect(plain.bytes == [0x10, 0x05])
        #expect(DeltaHeader(outputBytes: 5, sourceBytes: 0, isThumb: true).bytes == [0x12, 0x05])
        #expect(DeltaHeader(outputBytes: 5, sourceBytes: 9).bytes == [0x11, 0x05, 0x09])
    }

    @Test func thePapersMapIsTheCodes() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let source = try String(
            contentsOf: package.appending(path: "Sources/Payload/Delta/DeltaHeader.swift"),
            encoding: .utf8
        )
        let paper = try String(contentsOf: package.appending(path: "docs/payload.md"), encoding: .utf8)
        let lines = source.split(separator: "\n").filter { $0.hasPrefix("///") }.map { $0.dropFirst(4) }
        let map = lines.drop { !$0.hasPrefix("offset") }.prefix { !$0.hasPrefix("```") }
        #expect(map.count == 8)
        #expect(paper.contains(map.joined(separator: "\n")))
    }

    /// Made when the format was fixed: a change of the model that makes these fail is another version.
    @Test func payloadsOfTheFirstVersionAreDecoded() throws {
        let source = (0..<400).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
        var target = Array(source[0..<180] + [1, 2, 3, 4, 5] + source[160..<400])
        target[300] = 99
        let payload = try DeltaEncoder.encode(source: source, target: target)
        #expect(try Decoding.decode(Self.firstVersion, source: source) == target, "now: \(payload)")
    }

    private static let firstVersion: [UInt8] = [
        17, 169, 3, 144, 3, 255, 252, 203, 58, 145, 131, 123, 22, 239, 102, 204, 104, 97, 225, 208,
    ]
}
