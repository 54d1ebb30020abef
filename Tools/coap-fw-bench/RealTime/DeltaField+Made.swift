import FirmwarePackaging
import Foundation

/// Images made from real ones.
extension DeltaField {
    private static let name = "microbit-v1/uflash-1.2.4"

    /// The same image with other things done to it than releases do.
    func variants() throws -> DeltaTable {
        var table = DeltaTable(header: ["made from \(Self.name)", "full", "delta"])
        let source = try data(Self.name)
        let half = source.count / 2 & ~3
        let block = 4096
        var shuffled: [UInt8] = []
        for index in 0..<(source.count / block) {
            shuffled += source[(index * 37 % (source.count / block) * block)...].prefix(block)
        }
        let variants: [(String, [UInt8])] = [
            ("the same", source),
            ("2 bytes put in the middle, nothing follows", source[..<half] + [0, 0xBF] + source[half...]),
            ("halves exchanged", Array(source[half...] + source[..<half])),
            ("4 KiB blocks in another order", shuffled),
            (
                "every 1000th byte other",
                source.enumerated().map { $0.offset % 1000 == 999 ? $0.element ^ 0x55 : $0.element }
            ),
            ("the first half", Array(source[..<half])),
            ("twice", source + source),
        ]
        for (name, target) in variants {
            let payload = try DeltaEncoder.encode(source: source, target: target)
            let isRight = Self.decodes(payload, source: source, to: target)
            table.isGood = table.isGood && isRight
            table.rows.append([name, "\(target.count)", isRight ? "\(payload.count)" : "wrong"])
        }
        return table
    }

    /// Signed MCUboot images: a header with the version, a digest and a signature that no source has.
    func signed() throws -> DeltaTable {
        var table = DeltaTable(header: ["signed, Ed25519", "full", "delta", "more than plain"])
        for (old, new) in [
            ("greatfet/2025.0.0", "greatfet/2026.0.0"), ("greatfet/2024.0.4", "greatfet/2025.0.0"),
        ] {
            let plain = try (data(old), data(new))
            let source = Self.signedImage(plain.0, version: 1)
            let target = Self.signedImage(plain.1, version: 2)
            let payload = try DeltaEncoder.encode(source: source, target: target)
            let plainPayload = try DeltaEncoder.encode(source: plain.0, target: plain.1)
            let isRight = Self.decodes(payload, source: source, to: target)
            table.isGood = table.isGood && isRight
            table.rows.append([
                "\(old) → \(new)", "\(target.count)", isRight ? "\(payload.count)" : "wrong",
                "\(payload.count - plainPayload.count)",
            ])
        }
        return table
    }

    /// A pair of 1 MiB: time and memory of the encoder.
    func large() throws -> DeltaTable {
        var table = DeltaTable(header: ["1 MiB", "delta", "encode, CPU s", "goal"])
        var source: [UInt8] = []
        var target: [UInt8] = []
        for (old, new) in [
            ("microbit-v1/uflash-1.0.8", "microbit-v1/uflash-1.2.4"), ("greatfet/2024.0.4", "greatfet/2025.0.0"),
            ("greatfet/2025.0.0", "greatfet/2026.0.0"),
        ] {
            source += try data(old)
            target += try data(new)
        }
        while target.count < 1 << 20 {
            source += source
            target += target.reversed()
        }
        source = Array(source.prefix(1 << 20))
        target = Array(target.prefix(1 << 20))
        let (payload, seconds) = try Self.timed { try DeltaEncoder.encode(source: source, target: target) }
        let isRight = Self.decodes(payload, source: source, to: target)
        table.isGood = isRight && seconds <= 10
        table.rows.append([
            "images in a row, and backwards", isRight ? "\(payload.count)" : "wrong", Text.fixed(seconds, 1), "≤ 10 s",
        ])
        return table
    }

    private func data(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: corpus.appending(path: name + ".bin")))
    }

    /// Header and TLVs of the sizes that imgtool writes (header 512 bytes; SHA-256, key hash and signature), with bytes
    /// that are as hard to guess: a digest of other contents for each.
    private static func signedImage(_ body: [UInt8], version: UInt8) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        header.replaceSubrange(0..<4, with: [0x3D, 0xB8, 0xF3, 0x96])
        for index in 0..<4 { header[12 + index] = UInt8(truncatingIfNeeded: body.count >> (8 * index)) }
        header[9] = 2
        header[20] = version
        var state = body.reduce(UInt64(version)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        func noise(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
        }
        var trailer: [UInt8] = [0x07, 0x69, 148, 0, 0x10, 0, 32, 0]
        trailer += noise(32)
        trailer += [0x01, 0, 32, 0] + Array(repeating: 0xA5, count: 32)
        trailer += [0x24, 0, 64, 0] + noise(64)
        return header + body + trailer
    }
}
