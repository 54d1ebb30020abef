/// Reading and programming where a power cut may have left units in doubt.
extension NORFlash where Self: ~Copyable {
    /// Fills an array, as ``NORFlash/read(at:into:)`` does.
    ///
    /// - Returns: `false`: some unit cannot be read.
    /// - Throws: what reading throws but `io`.
    package mutating func readIfReadable<let count: Int>(
        at address: UInt32,
        into buffer: inout InlineArray<count, UInt8>
    ) throws(FlashError) -> Bool {
        do throws(FlashError) {
            try read(at: address, into: &buffer)
            return true
        } catch {
            guard case .io = error else { throw error }
            return false
        }
    }

    /// Whether a write unit reads erased; one that cannot be read does not.
    ///
    /// - Throws: what reading throws but `io`.
    package mutating func isErased(unitAt address: UInt32) throws(FlashError) -> Bool {
        var buffer = WriteUnitBuffer(repeating: 0)
        let unitBytes = Int(geometry.writeAlignmentBytes)
        do throws(FlashError) {
            var span = buffer.mutableSpan
            var bytes = span.mutableBytes
            var window = bytes.window(0..<unitBytes)
            try read(at: address, into: &window)
        } catch {
            guard case .io = error else { throw error }
            return false
        }
        return buffer.span.bytes.extracting(first: unitBytes).allBytes(are: geometry.erasedValue)
    }

    /// Programs, unless something is there already that read erased when it was looked at: an earlier program that was
    /// cut short.
    ///
    /// - Returns: whether it was programmed.
    /// - Throws: what programming throws but `notErased`.
    package mutating func programIfErased(at address: UInt32, _ bytes: RawSpan) throws(FlashError) -> Bool {
        do throws(FlashError) {
            try program(at: address, bytes)
            return true
        } catch {
            guard case .notErased = error else { throw error }
            return false
        }
    }
}
