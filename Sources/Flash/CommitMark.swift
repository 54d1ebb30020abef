/// A mark that says one thing, "it is so", and can be made sure: a group of write units.
///
/// It is set as soon as one of its units does not read erased, or cannot be read. That is right although a power cut
/// may have left the unit in doubt, because of two rules that its user keeps:
/// - *Written after*: a mark is begun only when what it says is so, by operations that returned. So a mark that is seen
///   is true, torn or not.
/// - *Sure before*: a mark that was seen, not written in this run, may not be seen the next time. Before anything is
///   done that relies on it, ``makeSure(flash:)`` programs one more unit; from when that returns, the mark is seen for
///   good, until the sector is erased. If the power fails in it, nothing has relied on the mark yet.
///
/// So each power cut in a mark costs a unit. When all are used they have to do: as many cuts in a row as the mark has
/// units, each in the mark itself.
package struct CommitMark {
    /// The address of the first unit.
    private let address: UInt32
    /// How many there are, one after the other.
    private let unitCount: UInt32

    package init(at address: UInt32, unitCount: UInt32) {
        self.address = address
        self.unitCount = unitCount
    }

    package func isSet<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) -> Bool {
        for index in 0..<unitCount where try !flash.isErased(unitAt: address(of: index, flash)) { return true }
        return false
    }

    /// Sets the mark, or makes sure of one that was seen.
    package func makeSure<Flash: NORFlash & ~Copyable>(flash: inout Flash) throws(FlashError) {
        let unit = WriteUnitBuffer(repeating: ~flash.geometry.erasedValue)
        let unitBytes = Int(flash.geometry.writeAlignmentBytes)
        for index in 0..<unitCount {
            let address = address(of: index, flash)
            guard try flash.isErased(unitAt: address) else { continue }
            if try flash.programIfErased(at: address, unit.span.bytes.extracting(first: unitBytes)) { return }
        }
    }

    private func address<Flash: NORFlash & ~Copyable>(of index: UInt32, _ flash: borrowing Flash) -> UInt32 {
        address + index * flash.geometry.writeAlignmentBytes
    }
}
