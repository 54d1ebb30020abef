/// The Thumb instruction BL: two halfwords, 11110 and eleven bits, 11111 and eleven bits (ARMv6-M, A6.7.13; in ARMv7-M
/// those with both J bits one, which reach 4 MiB and so all of an image).
///
/// In a stream calls stand with their target's place in the image instead of the displacement: then all calls of one
/// function look the same. The second halfword cannot be taken for a first one, so calls are found from anywhere.
package enum ThumbCall {
    /// Whether four bytes at an even place, read little endian, are a call.
    package static func matches(_ word: UInt32) -> Bool { word & 0xF800_F800 == 0xF800_F000 }

    /// The displacement in halfwords, 22 bits; or the target's place.
    package static func field(_ word: UInt32) -> UInt32 { (word & 0x7FF) &<< 11 | (word &>> 16) & 0x7FF }

    /// The call with this field.
    package static func word(field: UInt32) -> UInt32 {
        0xF800_F000 | (field &>> 11) & 0x7FF | (field & 0x7FF) &<< 16
    }

    /// The call at `place` with its target instead of its displacement.
    package static func absolute(_ word: UInt32, at place: Int) -> UInt32 {
        self.word(field: field(word) &+ UInt32(truncatingIfNeeded: place) &>> 1)
    }

    /// The call at `place` with its displacement instead of its target.
    package static func relative(_ word: UInt32, at place: Int) -> UInt32 {
        self.word(field: field(word) &- UInt32(truncatingIfNeeded: place) &>> 1)
    }
}
