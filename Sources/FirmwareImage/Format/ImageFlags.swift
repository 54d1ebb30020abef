/// The flags of an image header (MCUboot `image.h`, `IMAGE_F_…`).
public struct ImageFlags: OptionSet, Hashable, Sendable {
    /// The bits as the header has them.
    public let rawValue: UInt32

    /// Any bits: an image may say what this project does not know.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// `IMAGE_F_PIC`: not supported by MCUboot itself.
    public static let positionIndependent = ImageFlags(rawValue: 0x0001)
    /// `IMAGE_F_ENCRYPTED_AES128`
    public static let encryptedAES128 = ImageFlags(rawValue: 0x0004)
    /// `IMAGE_F_ENCRYPTED_AES256`
    public static let encryptedAES256 = ImageFlags(rawValue: 0x0008)
    /// `IMAGE_F_NON_BOOTABLE`
    public static let nonBootable = ImageFlags(rawValue: 0x0010)
    /// `IMAGE_F_RAM_LOAD`
    public static let ramLoad = ImageFlags(rawValue: 0x0020)
    /// `IMAGE_F_ROM_FIXED`: the load address says where the image must be.
    public static let romFixed = ImageFlags(rawValue: 0x0100)
    /// `IMAGE_F_COMPRESSED_LZMA1`
    public static let compressedLZMA1 = ImageFlags(rawValue: 0x0200)
    /// `IMAGE_F_COMPRESSED_LZMA2`
    public static let compressedLZMA2 = ImageFlags(rawValue: 0x0400)
    /// `IMAGE_F_COMPRESSED_ARM_THUMB_FLT`
    public static let compressedARMThumb = ImageFlags(rawValue: 0x0800)

    /// What an image that runs in place from the primary slot may say. Every other flag, unknown ones included, asks
    /// for work that this bootloader does not do (decrypt, decompress, load to RAM): such an image is refused.
    public static let bootable: ImageFlags = [.positionIndependent, .romFixed]
}
