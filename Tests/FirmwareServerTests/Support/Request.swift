import CoAP
import FirmwareImage
import FirmwareServer

/// A request, written option by option.
struct Request {
    var type: MessageType = .confirmable
    var code: Code = .get
    var messageID: UInt16 = 0x1234
    var token: [UInt8] = [0xA1, 0xB2]
    var options: [(number: UInt16, value: [UInt8])] = []
    var payload: [UInt8] = []

    init(_ path: String, type: MessageType = .confirmable, code: Code = .get) {
        self.type = type
        self.code = code
        for segment in path.split(separator: "/") { options.append((11, Array(segment.utf8))) }
    }

    func with(_ number: OptionNumber, _ value: [UInt8] = []) -> Request {
        var changed = self
        changed.options.append((number.rawValue, value))
        return changed
    }

    func with(_ number: OptionNumber, _ text: String) -> Request {
        with(number, Array(text.utf8))
    }

    func block(_ number: UInt32, szx: UInt8) -> Request {
        let value = number << 4 | UInt32(szx)
        return with(.block2, Request.uint(value))
    }

    static func uint(_ value: UInt32) -> [UInt8] {
        Array((0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }.drop { $0 == 0 })
    }

    /// The datagram, made without the writer under test.
    var bytes: [UInt8] {
        var bytes: [UInt8] = [0x40 | type.rawValue << 4 | UInt8(token.count), code.rawValue]
        bytes += [UInt8(messageID >> 8), UInt8(messageID & 0xFF)] + token
        var last = 0
        for option in options.enumerated().sorted(by: {
            ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
        }) {
            let (delta, deltaBytes) = Request.nibble(Int(option.element.number) - last)
            let (length, lengthBytes) = Request.nibble(option.element.value.count)
            bytes += [delta << 4 | length] + deltaBytes + lengthBytes + option.element.value
            last = Int(option.element.number)
        }
        if !payload.isEmpty { bytes += [0xFF] + payload }
        return bytes
    }

    private static func nibble(_ value: Int) -> (UInt8, [UInt8]) {
        if value < 13 { return (UInt8(value), []) }
        if value < 269 { return (13, [UInt8(value - 13)]) }
        return (14, [UInt8((value - 269) >> 8), UInt8((value - 269) & 0xFF)])
    }
}

/// A response, taken apart.
struct Reply: Equatable {
    let bytes: [UInt8]
    let type: MessageType
    let code: Code
    let messageID: UInt16
    let token: [UInt8]
    let options: [UInt16: [[UInt8]]]
    let payload: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard let view = try? MessageView(bytes.span.bytes) else { return nil }
        self.bytes = bytes
        type = view.type
        code = view.code
        messageID = view.messageID
        token = view.token.withBytes { $0.withUnsafeBytes { Array($0) } }
        var options: [UInt16: [[UInt8]]] = [:]
        var iterator = view.options
        while let option = iterator.next() {
            options[option.number.rawValue, default: []].append(option.value.withUnsafeBytes { Array($0) })
        }
        self.options = options
        payload = view.payload.withUnsafeBytes { Array($0) }
    }

    func uint(_ number: OptionNumber) -> UInt32? {
        options[number.rawValue]?.first.map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    var block2: BlockOption? {
        options[OptionNumber.block2.rawValue]?.first.flatMap { try? BlockOption($0.span.bytes) }
    }

    var etag: [UInt8]? { options[OptionNumber.etag.rawValue]?.first }
    var text: String { String(decoding: payload, as: UTF8.self) }
}
