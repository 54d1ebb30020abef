import FirmwareImage

/// Replaces decryption, for this self-test only. It hides nothing.
struct StandInDecryption: DecryptionCryptography {
    func deriveKey(
        _ curve: AgreementCurve,
        publicKey: RawSpan,
        info: RawSpan,
        into output: inout MutableRawSpan
    ) -> Bool {
        guard publicKey.byteCount == curve.keyByteCount, info.byteCount > 0 else { return false }
        for offset in 0..<output.byteCount {
            output.storeBytes(of: byte(publicKey, offset % publicKey.byteCount), toByteOffset: offset, as: UInt8.self)
        }
        return true
    }

    func unwrapKey(_ wrapped: RawSpan, key: RawSpan, into output: inout MutableRawSpan) -> Bool {
        guard wrapped.byteCount == 24, output.byteCount == 16 else { return false }
        for offset in 0..<16 {
            let plain = byte(wrapped, offset) ^ byte(key, offset)
            output.storeBytes(of: plain, toByteOffset: offset, as: UInt8.self)
        }
        return byte(wrapped, 23) == 0
    }

    func applyAES128CTR(_ bytes: inout MutableRawSpan, key: RawSpan, counter: RawSpan) {
        for offset in 0..<bytes.byteCount {
            let mask = byte(key, offset % 16) ^ byte(counter, offset % 16)
            let plain = byte(bytes.bytes, offset) ^ mask
            bytes.storeBytes(of: plain, toByteOffset: offset, as: UInt8.self)
        }
    }

    func isValidHMACSHA256(_ code: RawSpan, message: RawSpan, key: RawSpan) -> Bool {
        byte(code, 0) == byte(message, 0) && key.byteCount == 32
    }

    private func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
