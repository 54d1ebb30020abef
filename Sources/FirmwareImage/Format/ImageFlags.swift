/// The flags of an image header (MCUboot `image.h`, `IMAGE_F_…`).
public struct ImageFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public static let positionIndependent = ImageFlags(rawValue: 0x0001)
    public static let encryptedAES128 = ImageFlags(rawValue: 0x0004)
    public static let encryptedAES256 = ImageFlags(rawValue: 0x0008)
    public static let nonBootable = ImageFlags(rawValue: 0x0010)
    public static let ramLoad = ImageFlags(rawValue: 0x0020)
    public static let romFixed = ImageFlags(rawValue: 0x0100)
    public static let compressedLZMA1 = ImageFlags(rawValue: 0x0200)
    public static let compressedLZMA2 = ImageFlags(rawValue: 0x0400)
    public static let compressedARMThumb = ImageFlags(rawValue: 0x0800)

    /// What an image that runs in place from the primary slot may say. Every other flag, unknown ones included, asks
    /// for work that this bootloader does not do (decrypt, decompress, load to RAM): such an image is refused.
    public static let bootable: ImageFlags = [.positionIndependent, .romFixed]
}
