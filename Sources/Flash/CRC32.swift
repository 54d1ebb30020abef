/// CRC-32 as in IEEE 802.3 and zlib: reflected, polynomial 0x04C11DB7. Finds damage, proves nothing about the author.
package struct CRC32 {
    private var state: UInt32 = 0xFFFF_FFFF

    package init() {}

    /// Adds bytes; four bits at a time, a table of 64 bytes for a record of a few hundred.
    package mutating func update(_ bytes: RawSpan) {
        let table: InlineArray<16, UInt32> = [
            0x0000_0000, 0x1DB7_1064, 0x3B6E_20C8, 0x26D9_30AC, 0x76DC_4190, 0x6B6B_51F4, 0x4DB2_6158, 0x5005_713C,
            0xEDB8_8320, 0xF00F_9344, 0xD6D6_A3E8, 0xCB61_B38C, 0x9B64_C2B0, 0x86D3_D2D4, 0xA00A_E278, 0xBDBD_F21C,
        ]
        for offset in 0..<bytes.byteCount {
            state ^= UInt32(bytes.byte(at: offset))
            state = table[Int(state & 0xF)] ^ state >> 4
            state = table[Int(state & 0xF)] ^ state >> 4
        }
    }

    package var value: UInt32 { ~state }

    /// For entries of a few bytes.
    package static func lowerHalf(of bytes: RawSpan) -> UInt16 {
        var checksum = CRC32()
        checksum.update(bytes)
        return UInt16(truncatingIfNeeded: checksum.value)
    }
}
