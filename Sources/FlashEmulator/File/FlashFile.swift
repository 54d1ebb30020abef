public import Bootloader
import FirmwareImage
import Flash
import Glibc

/// A NOR flash in a file: what an emulated device keeps between runs.
///
/// The file is written through at every operation, and locked against other processes while it is open.
///
/// - *The process is killed* at any moment: an operation is one `pwrite` of at most a sector. What was written is in
///   the kernel's cache and stays; a write that the kill interrupts has written its first pages, which is a torn
///   operation as any part may have it, and boot code is made for. The lock ends with the process.
/// - *The host loses power*: the kernel writes its cache in any order, so a later operation could be there and an
///   earlier one not, which no flash does. `Durability.everyOperation` therefore waits after each operation until it
///   is on the disk (`fdatasync`; creation writes every block, so that no metadata changes afterwards). Measured on a
///   virtual ext4 disk: 0.1 ms per operation, where `O_DSYNC` took 0.1 to 2.5 ms. An update of 240 KiB has some 2 500.
///   `.process` does not wait: it is safe against everything but the host's own crash.
/// - *Wear* is counted in the same file and not waited for: it can lack the last erases after a host crash.
/// - *The disk is full*: all blocks are written at creation; only creation can fail for space on most file systems. If
/// a
///   write fails all the same, that operation and all later ones throw, and the file holds what a power cut would
/// leave.
public final class FlashFile: NORFlash {
    /// What an operation that returned survives.
    public enum Durability: Equatable, Sendable {
        /// The end of the process, however it comes.
        case process
        /// Also a crash of the host.
        case everyOperation
    }

    /// Whether operations may change the file.
    public enum Access: Equatable, Sendable {
        case readOnly, readWrite
    }

    /// More sectors than any part has: what goes through a flash sector by sector ends in time on whatever a header
    /// says.
    public static let maximumSectorCount: UInt32 = 1 << 16

    /// The file.
    public let path: String
    /// Areas and geometry, as the header says them.
    public let map: FlashMap
    /// Sectors, write alignment and erased value.
    public var geometry: FlashGeometry { map.geometry }
    private let header: FlashFileHeader
    private let access: Access
    private let durability: Durability
    private let file: FileDescriptor
    private var memory: MemoryFlash
    /// The `errno` of the write that failed; from then on memory and file differ.
    private var failure: Int32?

    private init(
        path: String,
        header: FlashFileHeader,
        access: Access,
        durability: Durability,
        file: FileDescriptor,
        memory: MemoryFlash
    ) {
        self.path = path
        self.header = header
        map = header.map
        self.access = access
        self.durability = durability
        self.file = file
        self.memory = memory
    }

    /// The whole flash as it is now.
    public var contents: [UInt8] { memory.contents }
    /// How often each sector was erased since the file was made.
    public var wear: [UInt32] { memory.wear }
    /// Operations since the file was opened.
    public var counters: FlashCounters { memory.counters }

    /// Makes a flash and opens it. The file appears whole and filled, or not at all.
    ///
    /// - Parameters:
    ///   - path: the file to make.
    ///   - map: areas and geometry.
    ///   - durability: what operations survive.
    ///   - fill: writes what is to be in it, and says whether it could; the flash is erased before.
    /// - Returns: the open flash.
    /// - Throws: `exists` if there is a file of that name, `notFilled`, `tooManySectors`, `noDirectory`, `noSpace`,
    /// `readOnly`, `system`.
    public static func create(
        path: String,
        map: FlashMap,
        durability: Durability = .everyOperation,
        filling fill: (FlashFile) -> Bool = { _ in true }
    ) throws(FlashFileError) -> FlashFile {
        let sectorCount = map.geometry.sectorCount
        guard sectorCount <= maximumSectorCount else { throw .tooManySectors(path: path, sectorCount) }
        let header = FlashFileHeader(map: map)
        let memory = MemoryFlash(geometry: map.geometry)
        let temporary = "\(path).new-\(getpid())"
        unlink(temporary)
        do throws(FlashFileError) {
            let file = try FileDescriptor.open(temporary, flags: O_RDWR | O_CREAT | O_EXCL)
            var code = header.encoded().withUnsafeBytes { file.write($0, at: 0) }
            if code == 0 { code = memory.contents.withUnsafeBytes { file.write($0, at: header.contentsOffset) } }
            if code == 0 { code = memory.wear.withUnsafeBytes { file.write($0, at: header.wearOffset) } }
            if code == 0 { code = file.synchronizeData() }
            guard code == 0 else { throw FileDescriptor.failure(path, "write it", code: code) }
            try file.lock(exclusive: true)
            let flash = FlashFile(
                path: path,
                header: header,
                access: .readWrite,
                durability: durability,
                file: file,
                memory: memory
            )
            if Glibc.access(path, F_OK) == 0 { throw .exists(path: path) }
            guard fill(flash) else { throw .notFilled(path: path) }
            // A link, unlike a rename, does not replace a file that appeared meanwhile.
            guard link(temporary, path) == 0 else { throw FileDescriptor.failure(path, "create it") }
            unlink(temporary)
            return flash
        } catch {
            unlink(temporary)
            switch error {
            case .missing: throw .noDirectory(path: path)
            case .readOnly: throw .readOnly(path: path)
            case .noSpace: throw .noSpace(path: path)
            default: throw error
            }
        }
    }

    /// Opens a flash. Nothing in the file is believed before it is checked.
    ///
    /// - Throws: `missing`, `notAFlashFile`, `version`, `damagedHeader`, `wrongSize`, `locked`, `readOnly`,
    /// `unreadable`,
    ///   `system`.
    public static func open(
        path: String,
        access: Access = .readWrite,
        durability: Durability = .everyOperation
    ) throws(FlashFileError) -> FlashFile {
        let file = try FileDescriptor.open(path, flags: access == .readWrite ? O_RDWR : O_RDONLY)
        let size = try file.size()
        try file.lock(exclusive: access == .readWrite)
        guard size >= FlashFileHeader.encodedBytes else { throw .notAFlashFile(path: path) }
        let page = try file.read(count: FlashFileHeader.encodedBytes, at: 0)
        let header: FlashFileHeader
        do throws(FlashFileHeader.Defect) {
            header = try FlashFileHeader(decoding: page.span.bytes)
        } catch {
            switch error {
            case .notAFlashFile: throw .notAFlashFile(path: path)
            case .version(let found): throw .version(path: path, found: found)
            case .damaged: throw .damagedHeader(path: path)
            }
        }
        guard size == header.fileBytes else {
            throw .wrongSize(path: path, expectedBytes: header.fileBytes, foundBytes: size)
        }
        let geometry = header.map.geometry
        let contents = try file.read(count: Int(geometry.totalBytes), at: header.contentsOffset)
        let wearBytes = try file.read(count: 4 * Int(geometry.sectorCount), at: header.wearOffset)
        let wear = (0..<Int(geometry.sectorCount)).map { wearBytes.span.bytes.littleEndianUInt32(at: 4 * $0) }
        guard let memory = MemoryFlash(geometry: geometry, contents: contents, wear: wear) else {
            throw .damagedHeader(path: path)
        }
        return FlashFile(
            path: path,
            header: header,
            access: access,
            durability: durability,
            file: file,
            memory: memory
        )
    }

    /// See `NORFlash`.
    public func read(at address: UInt32, into buffer: inout MutableRawSpan) throws(FlashError) {
        try memory.read(at: address, into: &buffer)
    }

    /// See `NORFlash`.
    public func program(at address: UInt32, _ bytes: RawSpan) throws(FlashError) {
        try checkWritable()
        try memory.program(at: address, bytes)
        try store(Int(address)..<Int(address) + bytes.byteCount)
    }

    /// See `NORFlash`.
    public func erase(sectorAt address: UInt32) throws(FlashError) {
        try checkWritable()
        try memory.erase(sectorAt: address)
        guard let sector = geometry.sector(containing: address) else { throw .outOfRange(address: address) }
        try store(Int(sector.address)..<Int(sector.end))
        let count = memory.wear[Int(sector.index)].littleEndian
        let code = withUnsafeBytes(of: count) { file.write($0, at: header.wearOffset + 4 * Int(sector.index)) }
        guard code == 0 else { throw fail(code) }
    }

    /// Waits until all that was written is on the disk, whatever `Durability` says.
    ///
    /// - Throws: `.io`.
    public func synchronize() throws(FlashError) {
        let code = file.synchronizeData()
        guard code == 0 else { throw fail(code) }
    }

    private func checkWritable() throws(FlashError) {
        guard access == .readWrite else { throw .io(EROFS) }
        if let failure { throw .io(failure) }
    }

    private func store(_ range: Range<Int>) throws(FlashError) {
        var code = memory.contents.withUnsafeBytes { contents in
            file.write(UnsafeRawBufferPointer(rebasing: contents[range]), at: header.contentsOffset + range.lowerBound)
        }
        if code == 0, durability == .everyOperation {
            code = file.synchronizeData()
        }
        guard code == 0 else { throw fail(code) }
    }

    private func fail(_ code: Int32) -> FlashError {
        failure = code
        return .io(code)
    }
}
