import FirmwareImage
import Manifest

extension ManifestContents {
    /// How many bytes of a digest stand where not all are needed; docs/manifest.md says why these.
    private enum Prefix {
        static let payload = 16
        static let precursor = 8
        static let imageKey = 4
    }

    /// The SUIT_Manifest, encoded.
    func encoded() -> [UInt8] {
        CBORWriter.encoded { manifest in
            manifest.map(4)
            manifest.unsigned(1)
            manifest.unsigned(1)
            manifest.unsigned(2)
            manifest.unsigned(sequenceNumber)
            manifest.unsigned(3)
            manifest.wrapped { common in
                common.map(2)
                common.unsigned(2)
                common.array(1)
                common.array(1)
                common.byteString([0])
                common.unsigned(4)
                common.wrapped(encodeShared)
            }
            manifest.unsigned(20)
            manifest.wrapped(encodeInstall)
        }
    }

    private func encodeShared(_ sequence: inout CBORWriter) {
        sequence.array(6)
        sequence.unsigned(20)
        sequence.map(4)
        sequence.unsigned(1)
        sequence.byteString(vendor.bytes.array)
        sequence.unsigned(2)
        sequence.byteString(deviceClass.bytes.array)
        sequence.unsigned(3)
        sequence.wrapped { $0.suitDigest(imageDigest) }
        sequence.unsigned(14)
        sequence.unsigned(imageSizeBytes)
        // Conditions: vendor, class; report in any case.
        for number: UInt32 in [1, 15, 2, 15] { sequence.unsigned(number) }
    }

    private func encodeInstall(_ sequence: inout CBORWriter) {
        sequence.array(6)
        sequence.unsigned(20)
        sequence.map(payload.encryptionInfo == nil ? 2 : 3)
        if let info = payload.encryptionInfo {
            sequence.unsigned(19)
            sequence.byteString(info)
        }
        sequence.unsigned(21)
        sequence.text(payload.uri)
        sequence.integer(-257)
        sequence.byteString(information())
        // Fetch; condition: image match.
        for number: UInt32 in [21, 2, 3, 15] { sequence.unsigned(number) }
    }

    /// The custom parameter -257: `UpdateInformation` of the module Manifest.
    private func information() -> [UInt8] {
        var fields: [(key: UInt32, value: [UInt8])] = []
        func add(_ key: UInt32, _ body: (inout CBORWriter) -> Void) { fields.append((key, CBORWriter.encoded(body))) }
        if let productID { add(1) { $0.unsigned(UInt32(productID)) } }
        if let version {
            add(2) {
                $0.array(version.build == 0 ? 3 : 4)
                $0.unsigned(UInt32(version.major))
                $0.unsigned(UInt32(version.minor))
                $0.unsigned(UInt32(version.revision))
                if version.build != 0 { $0.unsigned(version.build) }
            }
        }
        if let securityCounter, securityCounter != 0 { add(3) { $0.unsigned(securityCounter) } }
        if let imageKey { add(4) { $0.byteString(imageKey.array(Prefix.imageKey)) } }
        let isImage = payload.codec == .image && payload.encryptionInfo == nil
        if payload.codec != .image { add(5) { $0.unsigned(payload.sizeBytes) } }
        if !isImage { add(6) { $0.byteString(payload.digest.array(Prefix.payload)) } }
        if payload.codec != .image { add(7) { $0.unsigned(UInt32(payload.codec.rawValue)) } }
        if let room = payload.roomBytes, room != imageSizeBytes { add(8) { $0.unsigned(room) } }
        if let precursor = payload.precursor { add(9) { $0.byteString(precursor.array(Prefix.precursor)) } }
        if let blocks = payload.blocks {
            add(10) { $0.unsigned(UInt32(blocks.sizeExponent)) }
            add(11) { $0.byteString(blocks.digest.array(Prefix.payload)) }
        }
        return CBORWriter.encoded { map in
            map.map(fields.count)
            for field in fields {
                map.unsigned(field.key)
                map.encoded(field.value)
            }
        }
    }
}

extension CBORWriter {
    mutating func suitDigest(_ digest: SHA256Digest) {
        array(2)
        integer(-16)
        byteString(digest.array())
    }
}

extension SHA256Digest {
    /// The first bytes; all of them if nothing is said.
    func array(_ count: Int = SHA256Digest.byteCount) -> [UInt8] { (0..<count).map { self[$0] } }
}

extension RawSpan {
    var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
