import CoAP
import SeededRandom

/// Makes messages that a peer might send: mostly registered options, lengths around the borders of the encoding.
struct MessageGenerator {
    var random: SplitMix64

    private static let registered: [UInt16] = [
        1, 3, 4, 5, 6, 7, 8, 9, 11, 11, 11, 12, 14, 15, 16, 17, 19, 20, 21, 23, 23, 23, 27, 28, 31, 35, 39, 60, 252,
        258, 292, 2049, 2053,
    ]
    private static let borderLengths = [0, 1, 2, 3, 4, 5, 8, 9, 12, 13, 14, 40, 41, 255, 256, 268, 269, 270]
    private static let borderNumbers: [UInt16] = [
        0, 2, 12, 13, 14, 268, 269, 270, 281, 282, 538, 65_000, 65_534, 65_535,
    ]

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// A message whose format is right, whatever its options mean.
    mutating func message() -> DecodedMessage {
        let type = MessageType(rawValue: UInt8(random.below(4))) ?? .confirmable
        var message = DecodedMessage(type: type, code: code(), messageID: UInt16(truncatingIfNeeded: random.next()))
        guard !message.code.isEmpty else { return message }
        message.token = random.bytes(random.below(9))
        let numbers = (0..<random.below(7)).map { _ in optionNumber() }.sorted()
        for number in numbers {
            message.options.append(.init(number: number, value: random.bytes(length(of: number))))
        }
        if random.below(3) > 0 {
            message.payload = random.bytes(1 + random.below(random.oneIn(8) ? 1100 : 40))
        }
        return message
    }

    private mutating func code() -> Code {
        switch random.below(16) {
        case 0: return .empty
        case 1: return Code(rawValue: random.byte())
        case 2: return Code(class: 7, detail: UInt8(random.below(7)))
        case 3...8: return Code(class: 0, detail: UInt8(1 + random.below(7)))
        default: return Code(class: [2, 4, 5][random.below(3)], detail: UInt8(random.below(32)))
        }
    }

    private mutating func optionNumber() -> UInt16 {
        switch random.below(12) {
        case 0: return UInt16(truncatingIfNeeded: random.next())
        case 1: return Self.borderNumbers[random.below(Self.borderNumbers.count)]
        default: return Self.registered[random.below(Self.registered.count)]
        }
    }

    private mutating func length(of number: UInt16) -> Int {
        if random.oneIn(20) { return Self.borderLengths[random.below(Self.borderLengths.count)] }
        if random.oneIn(200) { return random.below(1300) }
        guard let definition = OptionNumber(rawValue: number).definition else { return random.below(16) }
        return definition.minimumLength + random.below(min(definition.maximumLength - definition.minimumLength, 20) + 1)
    }
}
