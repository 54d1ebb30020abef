extension MessageWriter {
    /// Writes an option of any format.
    ///
    /// - Throws: `.notStarted`, `.emptyMessageWithContent`, `.optionAfterPayload`, `.optionOutOfOrder`,
    ///   `.optionValueTooLong`, `.bufferTooSmall`.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber, bytes: RawSpan) throws(MessageError) {
        let start = try optionHeader(number, valueByteCount: bytes.byteCount)
        buffer.coapCopy(bytes, to: start)
    }

    /// Writes an option of the `empty` format.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber) throws(MessageError) {
        _ = try optionHeader(number, valueByteCount: 0)
    }

    /// Writes an option of the `uint` format in as few bytes as it takes; zero takes none.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber, uint value: UInt32) throws(MessageError) {
        let byteCount = OptionUInt.byteCount(of: value)
        let start = try optionHeader(number, valueByteCount: byteCount)
        storeBigEndian(UInt64(value), byteCount: byteCount, at: start)
    }

    /// Writes an option of the `string` format.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber, string: StaticString) throws(MessageError) {
        let start = try optionHeader(number, valueByteCount: string.utf8CodeUnitCount)
        string.withUTF8Buffer { buffer.coapCopy(RawSpan(_unsafeElements: $0), to: start) }
    }

    /// Writes an option of the `string` format that holds a decimal number, such as a PID in a path.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber, decimal value: UInt32) throws(MessageError) {
        var digitCount = 1
        var rest = value / 10
        while rest > 0 {
            digitCount += 1
            rest /= 10
        }
        let start = try optionHeader(number, valueByteCount: digitCount)
        rest = value
        for index in 0..<digitCount {
            store(0x30 + UInt8(truncatingIfNeeded: rest % 10), at: start + digitCount - 1 - index)
            rest /= 10
        }
    }

    /// Writes a block option.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber, block: BlockOption) throws(MessageError) {
        try option(number, uint: block.rawValue)
    }

    /// Writes an ETag option.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(etag: ETag) throws(MessageError) {
        let start = try optionHeader(.etag, valueByteCount: etag.byteCount)
        storeBigEndian(etag.value, byteCount: etag.byteCount, at: start)
    }

    /// Writes a Content-Format or Accept option.
    ///
    /// - Throws: as ``option(_:bytes:)``.
    @_lifetime(self: copy self)
    public mutating func option(_ number: OptionNumber, format: ContentFormat) throws(MessageError) {
        try option(number, uint: UInt32(format.rawValue))
    }

    /// Checks everything, writes the option's header, and reserves its value.
    ///
    /// - Returns: where the value goes; it lies inside the buffer.
    @_lifetime(self: copy self)
    private mutating func optionHeader(_ number: OptionNumber, valueByteCount: Int) throws(MessageError) -> Int {
        guard position > 0 else { throw .notStarted }
        guard !isEmptyMessage else { throw .emptyMessageWithContent }
        guard !hasPayload else { throw .optionAfterPayload(number) }
        guard number >= lastOption else { throw .optionOutOfOrder(number, after: lastOption) }
        guard valueByteCount <= 65_804 else { throw .optionValueTooLong(number) }
        let delta = Int(number.rawValue) - Int(lastOption.rawValue)
        let deltaBytes = Self.extensionBytes(delta)
        let lengthBytes = Self.extensionBytes(valueByteCount)
        let start = position + 1 + deltaBytes + lengthBytes
        guard valueByteCount <= buffer.byteCount - start else {
            throw .bufferTooSmall(needed: start + valueByteCount)
        }
        store(Self.nibble(delta) << 4 | Self.nibble(valueByteCount), at: position)
        storeExtension(delta, byteCount: deltaBytes, at: position + 1)
        storeExtension(valueByteCount, byteCount: lengthBytes, at: position + 1 + deltaBytes)
        position = start + valueByteCount
        lastOption = number
        return start
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func storeExtension(_ value: Int, byteCount: Int, at offset: Int) {
        if byteCount == 1 {
            store(UInt8(truncatingIfNeeded: value - 13), at: offset)
        } else if byteCount == 2 {
            store(UInt8(truncatingIfNeeded: (value - 269) >> 8), at: offset)
            store(UInt8(truncatingIfNeeded: value - 269), at: offset + 1)
        }
    }

    private static func nibble(_ value: Int) -> UInt8 {
        value < 13 ? UInt8(truncatingIfNeeded: value) : value < 269 ? 13 : 14
    }

    private static func extensionBytes(_ value: Int) -> Int {
        value < 13 ? 0 : value < 269 ? 1 : 2
    }
}
