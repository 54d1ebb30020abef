/// Six bytes around a place: two before its halfword, the halfword, two behind; zeros outside of the image.
///
/// Enough to tell which instruction or address the byte at the place is part of.
package struct Neighbourhood {
    package static let count = 6
    /// The first of the six bytes lowest: the word before and at the halfword, and the one at it and behind.
    private var before: UInt32 = 0
    private var here: UInt32 = 0
    let place: Int

    /// With zeros.
    package init(place: Int) { self.place = place }

    /// Where the halfword is, and where the first byte.
    private var even: Int { place & ~1 }
    package var start: Int { even &- 2 }

    package subscript(index: Int) -> UInt32 {
        get { index < 4 ? Self.byte(before, index) : Self.byte(here, index &- 2) }
        set {
            let shift = UInt32(truncatingIfNeeded: index &* 8)
            if index < 4 { before |= newValue &<< shift }
            if index >= 2 { here |= newValue &<< (shift &- 16) }
        }
    }

    /// The byte as it is.
    var plain: UInt32 { Self.byte(here, place & 1) }

    /// The call that the byte is part of, with its target's place; 0: none.
    private var call: (word: UInt32, start: Int) {
        @inline(never) get {
            if ThumbCall.matches(here) { return (ThumbCall.absolute(here, at: even), even) }
            if ThumbCall.matches(before) { return (ThumbCall.absolute(before, at: start), start) }
            return (0, even)
        }
    }

    /// The byte with calls as in a stream.
    var transformed: UInt32 {
        let (word, start) = call
        return word == 0 ? plain : Self.byte(word, place &- start)
    }

    /// What begins at the place, if it names another.
    package func item(_ header: DeltaHeader) -> AddressItem? {
        guard let item = surrounding(header), item.start == place else { return nil }
        return item
    }

    /// What the byte is part of, if that names a place.
    func surrounding(_ header: DeltaHeader) -> AddressItem? {
        let (word, start) = call
        if word != 0 { return .call(word, at: start) }
        return AddressItem(pointer: place & 2 == 0 ? here : before, at: place & ~3, header)
    }

    static func byte(_ word: UInt32, _ index: Int) -> UInt32 {
        (word &>> UInt32(truncatingIfNeeded: index &* 8)) & 255
    }
}
