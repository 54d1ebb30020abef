import Flash

/// Walks through command sequences: once to see that all of them are what SUIT says, and once to find out what they
/// mean for a device.
struct CommandWalk: ~Escapable {
    private let bytes: RawSpan
    private let componentCount: Int
    /// `nil`: all branches are walked through, and no condition fails.
    private let device: DeviceIdentity?
    private(set) var parameters = Parameters()
    private(set) var hasFetched = false

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, componentCount: Int, device: DeviceIdentity?) {
        self.bytes = bytes
        self.componentCount = componentCount
        self.device = device
    }

    /// Walks through one sequence.
    ///
    /// - Parameters:
    ///   - sequence: a SUIT_Command_Sequence; empty: nothing.
    ///   - allowed: the commands that it may have.
    ///   - isNested: in a sequence of `suit-directive-try-each`.
    /// - Throws: the first condition that fails, or what is not supported.
    mutating func run(_ sequence: Slice, allowed: UInt32, isNested: Bool = false) throws(ManifestError) {
        guard !sequence.isEmpty else { return }
        var reader = CBORReader(bytes, sequence)
        let count = try reader.array()
        guard count > 0, count % 2 == 0 else { throw .unexpectedType }
        for _ in 0..<count / 2 {
            let command = try reader.integer()
            guard command >= 0, command < 32, SUITNumber.Sequence.any >> UInt32(command) & 1 == 1 else {
                throw .unsupportedCommand(command)
            }
            guard allowed >> UInt32(command) & 1 == 1 else { throw .commandNotAllowed(command) }
            switch command {
            case SUITNumber.Command.overrideParameters:
                // What was fetched, was fetched with the parameters before.
                guard !hasFetched else { throw .commandNotAllowed(command) }
                try parameters.override(&reader, bytes, componentCount: componentCount)
            case SUITNumber.Command.setComponentIndex:
                guard try reader.unsigned() < UInt32(componentCount) else { throw .noSuchComponent }
            case SUITNumber.Command.tryEach:
                guard !isNested else { throw .nestedTooDeep }
                try tryEach(&reader, allowed: allowed)
            default:
                // SUIT_Rep_Policy: four bits.
                _ = try reader.unsigned(through: 15)
                if let device { try perform(command, on: device) }
            }
        }
        try reader.finish()
    }

    /// Conditions and directives that have no argument but the reporting policy.
    @inline(never)
    private mutating func perform(_ command: Int32, on device: DeviceIdentity) throws(ManifestError) {
        switch command {
        case SUITNumber.Command.vendorIdentifier:
            guard try matches(parameters.vendor, device.vendor, command) else { throw .wrongVendor }
        case SUITNumber.Command.classIdentifier:
            guard try matches(parameters.classID, device.class, command) else { throw .wrongClass }
        case SUITNumber.Command.componentSlot:
            guard let slot = parameters.slot else { throw .missingParameter(SUITNumber.Parameter.componentSlot) }
            guard slot == device.slot else { throw .wrongSlot }
        case SUITNumber.Command.imageMatch:
            // Checked by who has the image; there must be something to check it with.
            guard !parameters.imageDigest.isEmpty else { throw .missingParameter(SUITNumber.Parameter.imageDigest) }
        case SUITNumber.Command.fetch:
            guard !hasFetched else { throw .severalPayloads }
            hasFetched = true
        case SUITNumber.Command.abort:
            throw .aborted
        default:
            // To copy needs a second component; an image is invoked by its bootloader.
            throw .unsupportedCommand(command)
        }
    }

    private func matches(
        _ parameter: Slice,
        _ identifier: DeviceIdentity.Identifier,
        _ command: Int32
    ) throws(ManifestError) -> Bool {
        // The parameters have the numbers of their conditions.
        guard !parameter.isEmpty else { throw .missingParameter(command) }
        return identifier.bytes.elementsEqual(bytes.extracting(parameter.range))
    }

    /// The first sequence in which no condition fails; the last one may be nil, and then there need be none.
    private mutating func tryEach(_ reader: inout CBORReader, allowed: UInt32) throws(ManifestError) {
        let count = try reader.array()
        guard count >= 2 else { throw .unexpectedType }
        var isDone = false
        var failure: ManifestError?
        for index in 0..<count {
            if index == count - 1, reader.nextIsNull {
                try reader.null()
                failure = nil
                continue
            }
            let sequence = try reader.byteString()
            guard !isDone else { continue }
            do throws(ManifestError) {
                try run(sequence, allowed: allowed, isNested: true)
                isDone = device != nil
                failure = nil
            } catch {
                guard error.isFailedCondition else { throw error }
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
