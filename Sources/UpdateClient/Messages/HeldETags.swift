import CoAP

/// Up to three ETags of images that are on the device already, each once.
struct HeldETags: Equatable {
    private var storage = InlineArray<3, ETag?>(repeating: nil)
    private(set) var count = 0

    mutating func insert(_ etag: ETag?) {
        guard let etag, count < 3, !contains(etag) else { return }
        storage[count] = etag
        count += 1
    }

    func contains(_ etag: ETag) -> Bool {
        for index in 0..<count where storage[index] == etag { return true }
        return false
    }

    subscript(index: Int) -> ETag? { index >= 0 && index < count ? storage[index] : nil }

    static func == (left: HeldETags, right: HeldETags) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }
}
