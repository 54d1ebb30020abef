import Glibc

/// Finds one identity's key in a file of GnuTLS's format: `identity:hexkey` per line, an identity of unusual bytes as `#`
/// and hex digits.
enum PreSharedKeyFile {
    /// The key of an identity.
    ///
    /// - Throws: `Failure`, one line that names the file.
    static func key(of identity: [UInt8], path: String) throws(Failure) -> [UInt8] {
        let text = try read(path)
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let line = trimmed(line)
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = line[..<colon]
            var bytes = Array(name)
            if name.first == UInt8(ascii: "#") { bytes = hex(name.dropFirst()) ?? bytes }
            guard bytes == identity else { continue }
            guard let key = hex(trimmed(line[line.index(after: colon)...])), !key.isEmpty else {
                throw Failure.configuration(
                    "\(path):\(index + 1): the key is not an even number of hex digits; correct the line"
                )
            }
            return key
        }
        let name = String(decoding: identity, as: UTF8.self)
        throw Failure.configuration("\(path): no key for identity \(name); add one with: coap-fw-tool psk add \(name)")
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8] {
        guard let file = fopen(path, "rbe") else {
            throw Failure.configuration("\(path): \(Failure.systemError()); name the file with the key by --psk")
        }
        defer { fclose(file) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            text += buffer[..<count]
            guard text.count <= 64 << 20 else {
                throw Failure.configuration("\(path): larger than 64 MiB; name a file of pre-shared keys")
            }
        }
        guard ferror(file) == 0 else { throw Failure.configuration("\(path): cannot be read; check that it is a file") }
        return text
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let last = text.last, isBlank(last) { text.removeLast() }
        while let first = text.first, isBlank(first) { text.removeFirst() }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    private static func hex(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        return bytes
    }
}
