/// Why some bytes are no firmware binary: nearly always the wrong file of a build.
public enum BinaryProblem: Error, Equatable, Sendable, CustomStringConvertible {
    case empty
    case elf
    case intelHex
    case sRecord
    case uf2
    /// An MCUboot image already.
    case signedImage

    /// Looks at the first bytes of `binary`; `nil` when nothing is wrong with it that can be seen there.
    public init?(in binary: [UInt8]) {
        if binary.isEmpty {
            self = .empty
        } else if binary.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
            self = .elf
        } else if binary.starts(with: [0x3D, 0xB8, 0xF3, 0x96]) {
            self = .signedImage
        } else if binary.starts(with: "UF2\n".utf8) {
            self = .uf2
        } else if BinaryProblem.isText(binary, startingWith: ":") {
            self = .intelHex
        } else if BinaryProblem.isText(binary, startingWith: "S0") {
            self = .sRecord
        } else {
            return nil
        }
    }

    /// Whether the first line looks like a record of hex digits.
    private static func isText(_ binary: [UInt8], startingWith mark: String) -> Bool {
        guard binary.count >= 11, binary.starts(with: mark.utf8) else { return false }
        return binary[mark.utf8.count..<11].allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte & 0xDF)
        }
    }

    /// One line for a person, to stand after the file's name.
    public var description: String {
        switch self {
        case .empty: "is empty"
        case .elf: "is an ELF file; convert it first: objcopy -O binary app.elf app.bin"
        case .intelHex: "is an Intel HEX file; convert it first: objcopy -I ihex -O binary app.hex app.bin"
        case .sRecord: "is an S-record file; convert it first: objcopy -I srec -O binary app.srec app.bin"
        case .uf2: "is a UF2 file; give the plain binary"
        case .signedImage: "is an MCUboot image already; give the binary that it was made of"
        }
    }
}
