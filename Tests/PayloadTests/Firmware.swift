import Foundation
import SeededRandom

/// Images to encode: real ones, and made-up ones that look like code.
enum Firmware {
    /// The folder with real firmware: of the environment variable FIRMWARE_CORPUS, or beside the package.
    static let corpus: URL? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates = [
            ProcessInfo.processInfo.environment["FIRMWARE_CORPUS"].map { URL(filePath: $0) },
            package.deletingLastPathComponent().appending(path: "shared/corpus"),
            package.appending(path: ".cache/firmware"),
        ]
        return candidates.compactMap { $0 }.first {
            FileManager.default.fileExists(atPath: $0.appending(path: "greatfet").path)
        }
    }()

    static func image(_ name: String) throws -> [UInt8] {
        guard let corpus else { throw CocoaError(.fileNoSuchFile) }
        return [UInt8](try Data(contentsOf: corpus.appending(path: name + ".bin")))
    }

    /// Random functions that call each other and hold addresses of each other, as a linker lays them out.
    struct Program {
        /// Function bodies; where they refer to another function there are four zeros.
        var functions: [[UInt8]] = []
        /// By function: offset, function referred to, and whether by a call.
        var references: [[(offset: Int, function: Int, isCall: Bool)]] = []
        var base: UInt32 = 0

        init(functionCount: Int, base: UInt32 = 0, using random: inout SplitMix64) {
            self.base = base
            for _ in 0..<functionCount { addFunction(of: functionCount, using: &random) }
        }

        mutating func addFunction(of count: Int, at index: Int? = nil, using random: inout SplitMix64) {
            var body: [UInt8] = [0x10, 0xB5]
            var found: [(offset: Int, function: Int, isCall: Bool)] = []
            for _ in 0..<random.below(30) {
                if random.below(5) == 0 {
                    found.append((body.count, random.below(count), true))
                    body += [0, 0, 0, 0]
                } else {
                    body += [UInt8(random.below(16) * 9), UInt8(0x20 + random.below(48))]
                }
            }
            body += [0x10, 0xBD]
            if body.count % 4 != 0 { body += [0xC0, 0x46] }
            for _ in 0..<random.below(3) {
                found.append((body.count, random.below(count), false))
                body += [0, 0, 0, 0]
            }
            functions.insert(body, at: index ?? functions.count)
            references.insert(found, at: index ?? references.count)
        }

        /// The image, with all references in place.
        var image: [UInt8] {
            var starts: [Int] = []
            var image: [UInt8] = []
            for function in functions {
                starts.append(image.count)
                image += function
            }
            for (index, found) in references.enumerated() {
                for reference in found where reference.function < starts.count {
                    let place = starts[index] + reference.offset
                    let target = starts[reference.function]
                    let field = UInt32(truncatingIfNeeded: (target - place - 4) / 2)
                    let word =
                        reference.isCall
                        ? 0xF800_F000 | (field >> 11) & 0x7FF | (field & 0x7FF) << 16
                        : base + UInt32(target) + 1
                    for byte in 0..<4 { image[place + byte] = UInt8(truncatingIfNeeded: word >> UInt32(8 * byte)) }
                }
            }
            return image
        }
    }

    /// So many edits: bytes changed, put in, taken out, moved.
    static func edited(_ image: [UInt8], count: Int, using random: inout SplitMix64) -> [UInt8] {
        var result = image
        for _ in 0..<count {
            let place = random.below(result.count + 1)
            let size = min(random.below(64) + 1, result.count - place)
            switch random.below(4) {
            case 0:
                for index in place..<(place + size) { result[index] = UInt8(random.below(256)) }
            case 1:
                result.insert(contentsOf: (0..<size).map { _ in UInt8(random.below(256)) }, at: place)
            case 2:
                result.removeSubrange(place..<(place + size))
            default:
                let piece = result[place..<(place + size)]
                result.removeSubrange(place..<(place + size))
                result.insert(contentsOf: piece, at: random.below(result.count + 1))
            }
        }
        return result
    }
}
