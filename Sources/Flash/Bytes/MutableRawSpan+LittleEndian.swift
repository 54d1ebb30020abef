extension MutableRawSpan {
    /// Stores `value` at `offset`. Traps past the end.
    @inline(__always)
    package mutating func store(_ value: UInt8, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    }

    /// Stores `value` at `offset`, little-endian. Traps past the end.
    package mutating func storeLittleEndian(_ value: UInt16, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Stores `value` at `offset`, little-endian. Traps past the end.
    package mutating func storeLittleEndian(_ value: UInt32, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Copies `bytes` to `offset`. Traps past the end.
    package mutating func store(_ bytes: RawSpan, at offset: Int) {
        for index in 0..<bytes.byteCount {
            store(bytes.byte(at: index), at: offset + index)
        }
    }

    /// Sets every byte to `value`.
    package mutating func fill(_ value: UInt8) {
        for offset in 0..<byteCount {
            store(value, at: offset)
        }
    }
}

extension MutableRawSpan {
    /// The part of this span at `range`, mutable. Traps past the end.
    @_lifetime(&self)
    package mutating func window(_ range: Range<Int>) -> MutableRawSpan {
        // The public spelling `extracting` is deprecated for the underscored one until the name is final.
        _mutatingExtracting(range)
    }
}
