/// Four bytes of the source that name a place: a call, or an aligned word that is an address of the image or of RAM.
package struct AddressItem {
    package enum Kind {
        case call
        case pointer
        case ram
    }

    package let kind: Kind
    /// As in a stream, with the target's place in a call.
    private let word: UInt32
    /// The place named, in bytes from the start of image or RAM.
    package let place: UInt32
    /// Where the item itself is.
    let start: Int

    private init(_ kind: Kind, _ word: UInt32, _ place: UInt32, _ start: Int) {
        self.kind = kind
        self.word = word
        self.place = place
        self.start = start
    }

    /// A call as in a stream.
    package static func call(_ word: UInt32, at start: Int) -> AddressItem {
        AddressItem(.call, word, ThumbCall.field(word) &<< 1, start)
    }

    /// A word, if it is an address.
    package init?(pointer word: UInt32, at start: Int, _ header: DeltaHeader) {
        if word &- header.base < max(header.sourceBytes, header.outputBytes) {
            self.init(.pointer, word, word &- header.base, start)
        } else if word &- header.ramBase < header.ramBytes {
            self.init(.ram, word, word &- header.ramBase, start)
        } else {
            return nil
        }
    }

    /// The same for a place so many bytes further.
    func moved(by shift: Int32) -> UInt32 {
        kind == .call
            ? ThumbCall.word(field: (place &+ UInt32(bitPattern: shift)) &>> 1) : word &+ UInt32(bitPattern: shift)
    }

    /// The shift that makes `word` of this item, if one does that a stream can say.
    package func shift(to word: UInt32, _ header: DeltaHeader) -> Int32? {
        let other: AddressItem?
        if kind == .call {
            other = ThumbCall.matches(word) ? .call(word, at: start) : nil
        } else {
            other = AddressItem(pointer: word, at: start, header)
        }
        guard let other, other.kind == kind else { return nil }
        let shift = Int32(bitPattern: other.place &- place)
        return shift.magnitude < 1 << 21 ? shift : nil
    }

    /// Alignments that are no multiple of this and 1 turn it into something else.
    package var alignmentMask: Int { kind == .call ? 1 : 3 }
}
