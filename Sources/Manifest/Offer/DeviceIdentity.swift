public import FirmwareImage
import Flash

/// What a device is, as manifests name it.
public struct DeviceIdentity: Sendable {
    /// A UUID (RFC 9562), 16 bytes.
    public struct Identifier: Equatable, Sendable {
        private var storage = InlineArray<16, UInt8>(repeating: 0)

        /// - Parameter bytes: 16 bytes; any other length gives `nil`.
        public init?(bytes: RawSpan) {
            guard bytes.byteCount == 16 else { return nil }
            for index in 0..<16 { storage[index] = bytes.byte(at: index) }
        }

        /// The 16 bytes.
        public var bytes: RawSpan {
            @_lifetime(borrow self)
            borrowing get { storage.span.bytes }
        }

        /// Whether both are the same.
        public static func == (left: Identifier, right: Identifier) -> Bool {
            left.bytes.elementsEqual(right.bytes)
        }
    }

    /// Who made it.
    public var vendor: Identifier
    /// Which kind of device it is: what takes the same firmware.
    public var `class`: Identifier
    /// The product (PID); `nil`: any, and manifests need not name one.
    public var productID: UInt16?
    /// The slot that a new image goes to, for `suit-condition-component-slot`.
    public var slot: UInt32

    /// A device of these identifiers.
    public init(vendor: Identifier, class: Identifier, productID: UInt16?, slot: UInt32 = 0) {
        self.vendor = vendor
        self.class = `class`
        self.productID = productID
        self.slot = slot
    }
}

/// What a device asks of a manifest beside its being for this device.
public struct ManifestPolicy: Sendable {
    /// How far a sequence number may be above the last one if nothing else is said. Sequence numbers count releases,
    /// one by one: so a number near the end of the range, after which there could be no other, is a mistake.
    public static let defaultSequenceStep: UInt32 = 1 << 16

    /// How many of the trusted keys must have signed; 0 counts as 1.
    public var requiredSignatures: UInt8
    /// The sequence numbers that are accepted.
    public var sequenceNumbers: ClosedRange<UInt32>

    /// - Parameters:
    ///   - requiredSignatures: how many of the trusted keys must have signed.
    ///   - lastSequence: the highest sequence number that this device has accepted; 0 at first. It is accepted again.
    ///   - step: how far above it the next may be.
    public init(
        requiredSignatures: UInt8 = 1,
        lastSequence: UInt32,
        step: UInt32 = Self.defaultSequenceStep
    ) {
        self.requiredSignatures = requiredSignatures
        let (highest, isUnlimited) = lastSequence.addingReportingOverflow(step)
        sequenceNumbers = lastSequence...(isUnlimited ? .max : highest)
    }
}

/// What a device has: whether it can take what is offered.
public struct DeviceState: Sendable {
    /// The security counters that an image may have; see `SecurityCounter` of the bootloader.
    public var securityCounters: ClosedRange<UInt32>
    /// SHA-256 over all bytes of the image that runs, TLVs included; `nil`: none does, or it is not known.
    public var runningImage: SHA256Digest?
    /// Room for image and payload together, in bytes: the secondary slot without its trailer.
    public var roomBytes: UInt32
    /// Whether the device has a key that content keys are encrypted to.
    public var canDecrypt: Bool

    /// A device that has these.
    public init(
        securityCounters: ClosedRange<UInt32>,
        runningImage: SHA256Digest?,
        roomBytes: UInt32,
        canDecrypt: Bool
    ) {
        self.securityCounters = securityCounters
        self.runningImage = runningImage
        self.roomBytes = roomBytes
        self.canDecrypt = canDecrypt
    }
}
