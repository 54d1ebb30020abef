import Flash
import FlashEmulator

/// A flash that a run can be judged by.
package protocol ObservedFlash: NORFlash {
    /// Programs and erases so far.
    var operationCount: Int { get }
    /// Whether just these bytes are there, as far as the flash itself knows.
    func holds(_ bytes: some Collection<UInt8>, at address: Int) -> Bool
    /// Whether no unit of these bytes is in doubt.
    func isSure(_ range: Range<Int>) -> Bool
    /// Whether no unit is in doubt anywhere.
    var isSure: Bool { get }
    /// The same to look at: reading it decides nothing.
    var observed: Self { get }
    /// Takes down what the world outside knows from here on: a cut after this has it.
    func note(_ facts: Facts)
}

extension MemoryFlash: ObservedFlash {
    package var operationCount: Int { operations.count }

    package func holds(_ bytes: some Collection<UInt8>, at address: Int) -> Bool {
        contents[address..<address + bytes.count].elementsEqual(bytes)
    }

    package func isSure(_ range: Range<Int>) -> Bool {
        !unstableBits.overlaps(range)
            && !unreadableUnits.contains { range.overlaps($0..<$0 + Int(geometry.writeAlignmentBytes)) }
    }

    package var isSure: Bool { unstableBits.isEmpty && unreadableUnits.isEmpty }
    package var observed: MemoryFlash { self }

    package func note(_ facts: Facts) {}
}
