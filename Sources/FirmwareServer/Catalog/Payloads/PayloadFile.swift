import FirmwarePackaging
import HostSupport
import Synchronization

/// The file that has a release's payload, open or not. The bytes that are read are those that were verified: the file's
/// identity is compared after each read.
final class PayloadFile: Sendable {
    private struct State {
        /// Of the file when its digest was verified.
        var verified: FileIdentity
        var handle: SharedFile?
    }

    /// The images folder.
    let root: String
    /// Product and version as folders.
    let folders: [String]
    private let state: Mutex<State>
    /// When it was last read from, in the store's count; for the choice which file to close.
    let lastUse = Atomic<UInt64>(0)
    /// Whether it is among those that are counted as open.
    let isCounted = Atomic<Bool>(false)
    /// Whether its file system says what is in the page cache; else only the store's own memory is read on a loop.
    let tellsWhatIsCached = Atomic<Bool>(true)

    init(root: String, folders: [String], verified: FileIdentity) {
        self.root = root
        self.folders = folders
        state = Mutex(State(verified: verified, handle: nil))
    }

    var path: String { ([root] + folders + [ReleaseLayout.payloadName]).joined(separator: "/") }

    /// The open file, if it is open.
    var handle: SharedFile? { state.withLock { $0.handle } }

    func close() {
        state.withLock { $0.handle = nil }
    }

    /// The same bytes were verified again, in this file now.
    func renew(_ handle: SharedFile?, verified: FileIdentity) {
        state.withLock {
            $0.verified = verified
            $0.handle = handle
        }
    }

    /// Whether what `handle` reads now is still what was verified.
    func isUnchanged(_ handle: SharedFile) -> Bool {
        guard let identity = try? handle.file.identity() else { return false }
        return state.withLock { $0.verified.hasSameContents(as: identity) }
    }

    /// Opens the file again, through its folders and no symbolic link.
    ///
    /// - Returns: `nil` when the file is another than the verified one; the next scan says what it is.
    func open() throws(FileFailure) -> SharedFile? {
        var folder = try OpenFolder(root)
        for name in folders { folder = try folder.folder(name) }
        let opened = SharedFile(try folder.file(ReleaseLayout.payloadName))
        guard isUnchanged(opened) else { return nil }
        state.withLock { $0.handle = opened }
        return opened
    }
}
