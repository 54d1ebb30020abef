import FirmwareImage

/// What decisions about a verified image need of it, which is large for a stack.
struct ImageFacts {
    let version: ImageVersion
    let securityCounter: UInt32
    let totalSizeBytes: UInt32

    init(_ image: VerifiedImage) {
        version = image.version
        securityCounter = SecurityCounter.value(of: image)
        totalSizeBytes = image.totalSizeBytes
    }
}

/// `SlotContents`, in short.
enum SlotFacts {
    case image(ImageFacts)
    case none(ImageError)

    var image: ImageFacts? {
        switch self {
        case .image(let image): image
        case .none: nil
        }
    }
}
