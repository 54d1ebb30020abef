extension ManifestError {
    /// The number of a refusal in reports; never another meaning.
    public var code: UInt8 {
        switch self {
        case .truncated: 1
        case .trailingBytes: 2
        case .notDeterministic: 3
        case .indefiniteLength: 4
        case .unexpectedType: 5
        case .numberTooLarge: 6
        case .keyOrder: 7
        case .tooLarge: 8
        case .notAnEnvelope: 16
        case .unsupportedVersion: 17
        case .unsupportedMember: 18
        case .missingMember: 19
        case .unsupportedDigest: 20
        case .severedMember: 21
        case .digestMismatch: 32
        case .unsupportedAuthentication: 33
        case .unsupportedAlgorithm: 34
        case .tooManySignatures: 35
        case .unknownKey: 36
        case .badSignature: 37
        case .tooFewSignatures: 38
        case .sequenceTooLow: 48
        case .sequenceTooHigh: 49
        case .wrongVendor: 50
        case .wrongClass: 51
        case .wrongSlot: 52
        case .wrongProduct: 53
        case .securityCounterTooLow: 54
        case .securityCounterTooHigh: 55
        case .imageKeyNotTrusted: 56
        case .wrongPrecursor: 57
        case .noRoom: 58
        case .unsupportedCommand: 64
        case .commandNotAllowed: 65
        case .unsupportedParameter: 66
        case .missingParameter: 67
        case .nestedTooDeep: 68
        case .noSuchComponent: 69
        case .severalComponents: 70
        case .aborted: 71
        case .nothingToFetch: 72
        case .severalPayloads: 73
        case .unsupportedInformation: 80
        case .missingInformation: 81
        case .malformedInformation: 82
        case .unsupportedCodec: 83
        case .malformedURI: 84
        case .unsupportedEncryption: 96
        case .wrongRecipient: 97
        case .wrongNonce: 112
        case .expired: 113
        case .blockListMismatch: 128
        case .noSuchBlock: 129
        case .blockMismatch: 130
        case .unreadableBlockList: 131
        }
    }

    /// Whether `suit-directive-try-each` goes on with its next sequence after this.
    var isFailedCondition: Bool {
        switch self {
        case .wrongVendor, .wrongClass, .wrongSlot, .aborted: true
        default: false
        }
    }
}
