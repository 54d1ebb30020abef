import Bootloader
import Flash

/// A NOR flash in RAM that insists on its contract.
struct RAMFlash: NORFlash, ~Copyable {
    let geometry: FlashGeometry
    private var contents: [UInt8]

    init(geometry: FlashGeometry) {
        self.geometry = geometry
        contents = [UInt8](repeating: geometry.erasedValue, count: Int(geometry.totalBytes))
    }

    mutating func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        let start = try offset(of: address, byteCount: buffer.byteCount)
        for index in 0..<buffer.byteCount {
            buffer.storeBytes(of: contents[start + index], toByteOffset: index, as: UInt8.self)
        }
    }

    mutating func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        let start = try offset(of: address, byteCount: bytes.byteCount)
        let unit = Int(geometry.writeAlignmentBytes)
        guard start % unit == 0, bytes.byteCount % unit == 0 else { throw .misaligned(address: address) }
        for index in 0..<bytes.byteCount where contents[start + index] != geometry.erasedValue {
            throw .notErased(address: address + UInt32(index))
        }
        for index in 0..<bytes.byteCount {
            contents[start + index] = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        }
    }

    mutating func erase(sectorAt address: UInt32) throws(FlashError) {
        guard let sector = geometry.sector(containing: address) else { throw .outOfRange(address: address) }
        guard sector.address == address else { throw .misaligned(address: address) }
        for index in Int(sector.address)..<Int(sector.end) {
            contents[index] = geometry.erasedValue
        }
    }

    private func offset(of address: UInt32, byteCount: Int) throws(FlashError) -> Int {
        guard Int(address) <= contents.count, byteCount <= contents.count - Int(address) else {
            throw .outOfRange(address: address)
        }
        return Int(address)
    }
}
