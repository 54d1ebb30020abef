/// What one side needs from the options of a message, collected in one pass.
///
/// Elective options that are unknown, out of bounds or repeated are left out, as RFC 7252 § 5.4 wants it; the first
/// critical one of that kind is the ``problem``.
protocol CollectedOptions {
    /// Why the message must be refused, or nil.
    var problem: OptionProblem? { get set }

    /// Whether a message of this kind may have the option more than once.
    static func mayRepeat(_ number: OptionNumber) -> Bool

    /// Takes one option that is within its bounds.
    ///
    /// - Returns: false if the option is not known here.
    mutating func take(_ option: borrowing OptionView) -> Bool
}

extension CollectedOptions {
    mutating func collect(_ view: borrowing MessageView) {
        var options = view.options
        var previous: OptionNumber?
        while let option = options.next() {
            let isRepeated = option.number == previous
            previous = option.number
            guard option.hasValidLength, !isRepeated || Self.mayRepeat(option.number), take(option) else {
                if option.number.isCritical { note(.unacceptableCriticalOption(option.number)) }
                continue
            }
        }
    }

    mutating func block(_ option: borrowing OptionView) -> BlockOption? {
        // The length is within bounds, so the size is the only thing that can be wrong.
        guard let block = try? BlockOption(option.value) else {
            note(.reservedBlockSize(option.number))
            return nil
        }
        return block
    }

    mutating func note(_ found: OptionProblem) {
        if problem == nil { problem = found }
    }
}
