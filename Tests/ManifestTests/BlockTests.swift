import FirmwareImage
import FirmwarePackaging
import HostCryptography
import Manifest
import Testing

/// A bad block is refused by itself.
@Suite(.timeLimit(.minutes(15))) struct BlockTests {
    private static let payload = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }

    private func blocks(_ list: BlockDigestList, payloadSizeBytes: Int = payload.count) throws -> BlockDigests {
        let digest = list.digest
        let prefix = DigestPrefix(bytes: digest.bytes.extracting(first: 16))
        let blocks = BlockDigests(
            sizeExponent: list.sizeExponent,
            payloadSizeBytes: UInt32(payloadSizeBytes),
            listDigest: try #require(prefix)
        )
        return try #require(blocks)
    }

    @Test(arguments: [10, 12, 13, 14, 16] as [UInt8])
    func eachBlockIsChecked(exponent: UInt8) throws {
        let list = BlockDigestList(of: Self.payload, sizeExponent: exponent)
        let blocks = try blocks(list)
        let size = 1 << Int(exponent)
        #expect(Int(blocks.count) == (10_000 + size - 1) / size)
        #expect(list.bytes.count == Int(blocks.listByteCount))
        var source = MemorySource(list.bytes)
        try blocks.check(list: &source, with: HostCryptography.self)
        for index in 0..<blocks.count {
            let start = Int(index) * size
            let block = Array(Self.payload[start..<min(start + size, 10_000)])
            #expect(blocks.sizeBytes(ofBlock: index) == UInt32(block.count))
            try blocks.check(block.span.bytes, index: index, list: &source, with: HostCryptography.self)
            try blocks.check(SHA256Digest(of: block), index: index, list: &source)
            var damaged = block
            damaged[damaged.count / 2] ^= 1
            let longer = block + [0]
            #expect(throws: ManifestError.blockMismatch(index)) {
                try blocks.check(damaged.span.bytes, index: index, list: &source, with: HostCryptography.self)
            }
            #expect(throws: ManifestError.noSuchBlock(index)) {
                try blocks.check(longer.span.bytes, index: index, list: &source, with: HostCryptography.self)
            }
        }
        #expect(throws: ManifestError.noSuchBlock(blocks.count)) {
            try blocks.check(SHA256Digest(of: []), index: blocks.count, list: &source)
        }
        #expect(blocks.sizeBytes(ofBlock: .max) == nil)
    }

    @Test func aBlockInAnothersPlaceIsRefused() throws {
        let list = BlockDigestList(of: Self.payload)
        let blocks = try blocks(list)
        var source = MemorySource(list.bytes)
        let first = Array(Self.payload[..<4096])
        #expect(throws: ManifestError.blockMismatch(1)) {
            try blocks.check(first.span.bytes, index: 1, list: &source, with: HostCryptography.self)
        }
    }

    @Test func anotherListIsRefused() throws {
        let list = BlockDigestList(of: Self.payload)
        let blocks = try blocks(list)
        var changed = list.bytes
        changed[5] ^= 1
        for bytes in [changed, Array(list.bytes.dropLast()), []] {
            var source = MemorySource(bytes)
            #expect(throws: ManifestError.blockListMismatch) {
                try blocks.check(list: &source, with: HostCryptography.self)
            }
        }
        // What follows the list is not the list's.
        var longer = MemorySource(list.bytes + [1, 2, 3])
        try blocks.check(list: &longer, with: HostCryptography.self)
        var short = MemorySource([1, 2, 3])
        #expect(throws: ManifestError.unreadableBlockList) {
            try blocks.check(SHA256Digest(of: []), index: 0, list: &short)
        }
    }

    @Test func sizesThatCannotBe() throws {
        let digest = SHA256Digest(of: [])
        let whole = DigestPrefix(bytes: digest.bytes)
        let prefix = try #require(whole)
        for exponent: UInt8 in [0, 9, 17, 255] {
            #expect(BlockDigests(sizeExponent: exponent, payloadSizeBytes: 1, listDigest: prefix) == nil)
        }
        #expect(BlockDigests(sizeExponent: 12, payloadSizeBytes: 0, listDigest: prefix) == nil)
        let largest = try #require(BlockDigests(sizeExponent: 10, payloadSizeBytes: .max, listDigest: prefix))
        #expect(largest.count == 1 << 22)
        #expect(largest.listByteCount == 1 << 25)
        #expect(largest.sizeBytes(ofBlock: largest.count - 1) == 1023)
    }
}
