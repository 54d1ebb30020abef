import CoAP

/// A message as plain values: what tests compare.
struct DecodedMessage: Equatable, Sendable {
    struct Option: Equatable, Sendable {
        var number: UInt16
        var value: [UInt8]
    }

    var type: MessageType
    var code: Code
    var messageID: UInt16
    var token: [UInt8] = []
    var options: [Option] = []
    var payload: [UInt8] = []
}

extension DecodedMessage {
    /// Copies everything out of a view.
    init(_ view: borrowing MessageView) {
        var options: [Option] = []
        var iterator = view.options
        while let option = iterator.next() {
            options.append(Option(number: option.number.rawValue, value: array(option.value)))
        }
        self.init(
            type: view.type,
            code: view.code,
            messageID: view.messageID,
            token: view.token.withBytes { array($0) },
            options: options,
            payload: array(view.payload)
        )
    }

    /// Reads a datagram with the codec under test.
    init(datagram: [UInt8]) throws(MessageError) {
        self.init(try MessageView(datagram.span.bytes))
    }

    /// Encodes the message by the simplest code that can do it: the reference for the writer.
    func referenceEncoding() -> [UInt8] {
        var bytes: [UInt8] = [
            0x40 | type.rawValue << 4 | UInt8(token.count), code.rawValue,
            UInt8(messageID >> 8), UInt8(messageID & 0xFF),
        ]
        bytes += token
        var previous: UInt16 = 0
        for option in options {
            let delta = Self.nibble(Int(option.number - previous))
            let length = Self.nibble(option.value.count)
            bytes.append(delta.nibble << 4 | length.nibble)
            bytes += delta.extended + length.extended + option.value
            previous = option.number
        }
        if !payload.isEmpty {
            bytes.append(0xFF)
            bytes += payload
        }
        return bytes
    }

    private static func nibble(_ value: Int) -> (nibble: UInt8, extended: [UInt8]) {
        if value < 13 { return (UInt8(value), []) }
        if value < 269 { return (13, [UInt8(value - 13)]) }
        return (14, [UInt8((value - 269) >> 8), UInt8((value - 269) & 0xFF)])
    }

    /// Encodes the message with the codec under test.
    ///
    /// - Parameter capacityBytes: size of the buffer that the writer gets.
    /// - Returns: the datagram.
    /// - Throws: what the writer throws.
    func written(capacityBytes: Int = 70_000) throws(MessageError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0xA5, count: capacityBytes)
        let count = try write(into: &buffer)
        return Array(buffer[..<count])
    }

    private func write(into buffer: inout [UInt8]) throws(MessageError) -> Int {
        var span = buffer.mutableSpan
        var writer = MessageWriter(into: span.mutableBytes)
        guard let token = Token(bytes: token.span.bytes) else { preconditionFailure("token too long") }
        try writer.start(type: type, code: code, messageID: messageID, token: token)
        for option in options {
            try writer.option(OptionNumber(rawValue: option.number), bytes: option.value.span.bytes)
        }
        try writer.payload(payload.span.bytes)
        return try writer.finish()
    }
}

/// Copies a span.
func array(_ bytes: RawSpan) -> [UInt8] {
    bytes.withUnsafeBytes { Array($0) }
}

/// Copies a span, if there is one.
func array(_ bytes: RawSpan?) -> [UInt8]? {
    guard let bytes else { return nil }
    return array(bytes) as [UInt8]
}
