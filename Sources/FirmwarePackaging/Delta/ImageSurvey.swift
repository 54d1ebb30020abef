import Payload

/// Looks at images for what the format's options want to know.
enum ImageSurvey {
    /// The headers worth trying.
    static func headers(source: [UInt8], target: [UInt8]) -> [DeltaHeader] {
        let plain = DeltaHeader(outputBytes: UInt32(target.count), sourceBytes: UInt32(source.count))
        let isThumb = callCount(target) > target.count / 1000
        guard isThumb else { return [plain] }
        var thumb = plain
        thumb.isThumb = true
        // Without a source no address is predicted.
        guard !source.isEmpty else { return [thumb] }
        thumb.base = base(of: target)
        var withRAM = thumb
        if let ram = ram(of: target) { (withRAM.ramBase, withRAM.ramBytes) = ram }
        return withRAM == thumb ? [thumb] : [thumb, withRAM]
    }

    private static func callCount(_ image: [UInt8]) -> Int {
        stride(from: 0, to: image.count - 3, by: 2).count { ThumbCall.matches(DeltaInput.word(image, at: $0)) }
    }

    /// The address that the image runs at: the one for which most words are addresses of functions, which are odd and
    /// where there is a PUSH.
    private static func base(of image: [UInt8]) -> UInt32 {
        let isPush = image.indices.map { $0 & 1 == 0 && $0 + 1 < image.count && image[$0 + 1] == 0xB5 }
        // Odd words by MiB, and as many as are enough to tell.
        var pages: [UInt32: [UInt32]] = [:]
        for place in stride(from: 0, to: image.count - 3, by: 4) {
            let word = DeltaInput.word(image, at: place)
            if word & 1 == 1, word < 0xE000_0000, pages[word >> 20, default: []].count < 1000 {
                pages[word >> 20, default: []].append(word)
            }
        }
        var best: (base: Int, votes: Int) = (0, 7)
        for (page, words) in pages.sorted(by: { $0.key < $1.key }) where words.count > best.votes {
            // The image may begin in the MiB before; a header before address 0 too.
            for base in stride(from: Int(page) << 20 - 1 << 20, to: Int(page + 1) << 20, by: 256) {
                let votes = words.count { word in
                    let place = Int(word) - base - 1
                    return place >= 0 && place < image.count && isPush[place]
                }
                if votes > best.votes { best = (base, votes) }
            }
        }
        return UInt32(truncatingIfNeeded: best.base)
    }

    /// The 64 KiB of RAM that most words point to.
    private static func ram(of image: [UInt8]) -> (base: UInt32, bytes: UInt32)? {
        var counts: [UInt32: Int] = [:]
        for place in stride(from: 0, to: image.count - 3, by: 4) {
            let word = DeltaInput.word(image, at: place)
            if word >> 28 == 1 || word >> 28 == 2 { counts[word >> 16, default: 0] += 1 }
        }
        guard let (page, count) = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), count >= 16 else {
            return nil
        }
        return (page << 16, 1 << 16)
    }
}
