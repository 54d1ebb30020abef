import Bootloader
import Flash

/// What the journal does with the flash: headers and marks, whole or not at all.
extension DownloadJournal {
    enum MarkState { case blank, whole, torn }

    func bank(_ index: Int) -> FlashArea { index == 0 ? banks.0 : banks.1 }

    /// The two banks of a journal area.
    static func split(_ area: FlashArea, geometry: FlashGeometry) -> (FlashArea, FlashArea)? {
        geometry.middle(of: area).map { middle in
            let first = middle - area.offset
            return (
                FlashArea(offset: area.offset, sizeBytes: first),
                FlashArea(offset: middle, sizeBytes: area.sizeBytes - first)
            )
        }
    }

    func writeHeader<Flash: NORFlash & ~Copyable>(
        _ header: JournalHeader,
        at address: UInt32,
        _ flash: inout Flash
    ) throws(FlashError) {
        let bytes = header.encode()
        let length = Int(JournalLayout.headerBytes(geometry.writeAlignmentBytes))
        var buffer = InlineArray<256, UInt8>(repeating: geometry.erasedValue)
        for index in 0..<Int(JournalHeader.byteCount) { buffer[index] = bytes[index] }
        guard length <= 256 else { throw .outOfRange(address: banks.0.offset) }
        try flash.program(at: address, buffer.span.bytes.extracting(0..<length))
    }

    func readHeader<Flash: NORFlash & ~Copyable>(
        bank index: Int,
        _ flash: inout Flash
    ) throws(FlashError) -> JournalHeader? {
        var bytes = InlineArray<48, UInt8>(repeating: 0)
        // Twice, as a read may be wrong.
        for _ in 0..<2 where try flash.readIfReadable(at: bank(index).offset, into: &bytes) {
            if let header = JournalHeader(bytes) { return header }
        }
        return nil
    }

    func writeMark<Flash: NORFlash & ~Copyable>(
        at address: UInt32,
        _ flash: inout Flash
    ) throws(FlashError) {
        let length = Int(geometry.writeAlignmentBytes)
        guard length <= 256 else { throw .outOfRange(address: banks.0.offset) }
        let buffer = InlineArray<256, UInt8>(repeating: ~geometry.erasedValue)
        try flash.program(at: address, buffer.span.bytes.extracting(0..<length))
    }

    /// Whether a state mark of a bank is written, whole or torn: what it says was so before it was begun. Read twice,
    /// as one read of a blank mark may be wrong.
    func isWritten<Flash: NORFlash & ~Copyable>(
        _ mark: JournalLayout.StateMark,
        bank index: Int,
        _ flash: inout Flash
    ) throws(FlashError) -> Bool {
        let address = address(of: mark, bank: index)
        if try readMark(at: address, &flash) == .blank { return false }
        return try readMark(at: address, &flash) != .blank
    }

    /// Marks a bank as dropped. What reads blank and is not is dropped by erasing it.
    func drop<Flash: NORFlash & ~Copyable>(bank index: Int, _ flash: inout Flash) throws(FlashError) {
        do throws(FlashError) {
            try writeMark(at: address(of: .dropped, bank: index), &flash)
        } catch {
            guard case .notErased = error else { throw error }
            try flash.erase(sectorAt: bank(index).offset)
        }
    }

    func address(of mark: JournalLayout.StateMark, bank index: Int) -> UInt32 {
        let offset = JournalLayout.offset(
            of: mark,
            bankBytes: bankBytes,
            alignmentBytes: geometry.writeAlignmentBytes
        )
        return bank(index).offset + offset
    }

    func readMark<Flash: NORFlash & ~Copyable>(
        at address: UInt32,
        _ flash: inout Flash
    ) throws(FlashError) -> MarkState {
        let length = Int(geometry.writeAlignmentBytes)
        guard length <= 256 else { throw .outOfRange(address: banks.0.offset) }
        var buffer = InlineArray<256, UInt8>(repeating: 0)
        var elements = buffer.mutableSpan
        var span = elements.mutableBytes
        var part = span._mutatingExtracting(0..<length)
        do throws(FlashError) {
            try flash.read(at: address, into: &part)
        } catch {
            // What cannot be read was cut short.
            guard case .io = error else { throw error }
            return .torn
        }
        var programmed = 0
        var blank = 0
        for index in 0..<length {
            if buffer[index] == geometry.erasedValue { blank += 1 }
            if buffer[index] == ~geometry.erasedValue { programmed += 1 }
        }
        return blank == length ? .blank : programmed == length ? .whole : .torn
    }
}
