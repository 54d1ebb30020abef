public import Bootloader
import Flash

// What people read and write of a flash. Names are a host's business: the device's modules compare no strings.

extension FlashPart: RawRepresentable {
    /// The name: `nrf52840`, `stm32l4`, `stm32f4`, `lpc4330`, `stm32l1`.
    public var rawValue: String { "\(self)" }

    /// The part of that name; `nil` for any other text.
    public init?(rawValue: String) {
        guard let part = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = part
    }
}

extension Slot {
    /// The name: `primary` or `secondary`.
    public var rawValue: String { "\(self)" }
}

extension FlashAreaName {
    /// The name: `trust`, `journal`, `primary` or `secondary`.
    public var rawValue: String { "\(self)" }
}
