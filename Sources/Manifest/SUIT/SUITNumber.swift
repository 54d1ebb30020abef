/// Numbers of draft-ietf-suit-manifest; the private ones are explained in docs/manifest.md.
enum SUITNumber {
    static let envelopeTag: UInt32 = 107

    enum Member {
        static let authentication: Int32 = 2
        static let manifest: Int32 = 3
        static let payloadFetch: Int32 = 16
        static let install: Int32 = 20
        static let text: Int32 = 23

        static let version: Int32 = 1
        static let sequenceNumber: Int32 = 2
        static let common: Int32 = 3
        static let referenceURI: Int32 = 4
        static let validate: Int32 = 7
        static let load: Int32 = 8
        static let invoke: Int32 = 9

        static let components: Int32 = 2
        static let sharedSequence: Int32 = 4
    }

    enum Command {
        static let vendorIdentifier: Int32 = 1
        static let classIdentifier: Int32 = 2
        static let imageMatch: Int32 = 3
        static let componentSlot: Int32 = 5
        static let setComponentIndex: Int32 = 12
        static let abort: Int32 = 14
        static let tryEach: Int32 = 15
        static let overrideParameters: Int32 = 20
        static let fetch: Int32 = 21
        static let copy: Int32 = 22
        static let invoke: Int32 = 23
    }

    enum Parameter {
        static let vendorIdentifier: Int32 = 1
        static let classIdentifier: Int32 = 2
        static let imageDigest: Int32 = 3
        static let componentSlot: Int32 = 5
        static let imageSize: Int32 = 14
        static let encryptionInfo: Int32 = 19
        static let uri: Int32 = 21
        static let sourceComponent: Int32 = 22
        static let invokeArguments: Int32 = 23
        /// From the private range.
        static let updateInformation: Int32 = -257
    }

    /// The commands that each kind of sequence may have: bit n for command n.
    enum Sequence {
        static let shared: UInt32 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 12 | 1 << 14 | 1 << 15 | 1 << 20
        static let fetch: UInt32 = shared | 1 << 21 | 1 << 22
        static let load: UInt32 = shared | 1 << 22
        static let invoke: UInt32 = shared | 1 << 23
        static let any: UInt32 = fetch | invoke
    }
}
