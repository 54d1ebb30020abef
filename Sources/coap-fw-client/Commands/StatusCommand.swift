import ArgumentParser
import Bootloader
import FirmwareImage
import Flash
import FlashEmulator
import HostCryptography
import HostSupport
import UpdateClient

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows slots, versions, what the next boot does, download progress, trust and wear."
    )

    @OptionGroup var options: DeviceOptions

    func run() throws {
        try Console.run(json: options.json) { () throws(Failure) in
            let status = try options.device.status()
            Console.say(options.json ? status.object.text : status.text)
        }
    }
}

/// What is on a device, read once.
struct DeviceStatus {
    private let path: String
    private let map: FlashMap
    private let slots: SlotState
    private let contents: [(slot: Slot, contents: SlotContents)]
    /// Nil: the slots are at rest.
    private let swap: SwapUnderWay?
    private let journal: JournalStatus?
    /// Nil: not provisioned.
    private let trust: TrustRecord?
    private let wear: [UInt32]
    /// Slots in which nothing is written before the trailer.
    private let erasedSlots: [Slot]
    /// What the next boot does, tried on a copy: the trailers ask for what the bootloader may refuse.
    private let next: Result<BootReport, BootError>

    init(_ flash: inout FlashFile, path: String) throws(Failure) {
        self.path = path
        map = flash.map
        wear = flash.wear
        do throws(SlotError) {
            slots = try SlotControl(map: map).state(flash: &flash)
        } catch {
            switch error {
            case .flash(let error): throw Failure(reading: error, path: path)
            case .noImage, .unconfirmed, .swapUnderWay:
                throw .configuration("\(path): its slots cannot be read; make the flash anew")
            }
        }
        trust = try? TrustStore(map: map).read(flash: &flash)
        let record = trust ?? TrustRecord(productID: nil, anchors: TrustAnchors())
        var contents: [(Slot, SlotContents)] = []
        do {
            for slot in Slot.allCases {
                let found = try SlotVerifier<HostCryptography>.contents(
                    of: slot,
                    flash: &flash,
                    map: map,
                    trust: record
                )
                contents.append((slot, found))
            }
            swap = try SwapUnderWay.read(flash: &flash, map: map)
            journal = try JournalStatus.read(map: map, flash: &flash)
        } catch {
            throw Failure(reading: error, path: path)
        }
        self.contents = contents
        let (map, bytes) = (map, flash.contents)
        erasedSlots = Slot.allCases.filter { slot in
            let start = Int(map.area(of: slot).offset)
            return bytes[start..<start + Int(map.trailer.firstSectorOffset)].allSatisfy {
                $0 == map.geometry.erasedValue
            }
        }
        guard var copy = MemoryFlash(geometry: map.geometry, contents: bytes, wear: flash.wear) else {
            throw .configuration("\(path): its contents are not those of its geometry; make the flash anew")
        }
        do throws(BootError) {
            next = .success(try Bootloader<HostCryptography>.boot(flash: &copy, map: map))
        } catch {
            next = .failure(error)
        }
    }

    /// What the device is at.
    enum State: String {
        /// The next boot finishes a swap.
        case swapping
        /// What runs is not confirmed.
        case trial
        /// The next boot runs the candidate.
        case committed
        /// What runs stays.
        case confirmed
        case empty
    }

    var state: State {
        if swap != nil { return .swapping }
        if slots.isTrial { return .trial }
        if case .success(let report) = next, report.action == .swappedForTest || report.action == .swappedPermanently {
            return .committed
        }
        return contents.first { $0.slot == .primary }?.contents.image == nil ? .empty : .confirmed
    }

    /// The running image's version, as texts and health checks name it; nil: none runs.
    var runningVersion: String? {
        contents.first { $0.slot == .primary }?.contents.image?.version.text
    }

    /// The running image's security counter, if the device's does not follow it, as it is too far above; nil: it does.
    private var unreachableCounter: UInt32? {
        guard let trust, let running = contents.first(where: { $0.slot == .primary })?.contents.image else {
            return nil
        }
        let counter = SecurityCounter.value(of: running)
        return counter < trust.securityCounter || SecurityCounter.isReachable(counter, from: trust.securityCounter)
            ? nil : counter
    }

    private var nextBoot: String {
        guard case .success(let report) = next else { return "nothing" }
        if swap != nil { return "finish-swap" }
        return switch report.action {
        case .none: "none"
        case .swappedForTest: "test"
        case .swappedPermanently: "permanent"
        case .reverted: "revert"
        case .recovered: "recover"
        }
    }

    private var nextBootText: String {
        switch next {
        case .failure(.trust(let error)): return "no bootable image: \(error.text)"
        case .failure(.noBootableImage): return "no bootable image; update the device"
        case .failure(.noProgress): return "goes in circles; make the flash anew"
        case .failure(.flash(let error)): return error.text
        case .success(let report):
            if let swap {
                return "finishes \(swap.type.text), \(swap.stepsDone) of \(swap.stepCount) steps are done"
            }
            let refusal = report.refusal.map { "; no swap: \($0.text)" } ?? ""
            return switch report.action {
            case .none: "runs the primary slot's image\(refusal)"
            case .swappedForTest: "tries the secondary slot's image"
            case .swappedPermanently: "runs the secondary slot's image from then on"
            case .reverted: "goes back to the secondary slot's image, unless this one is confirmed"
            case .recovered: "runs the secondary slot's image, as the primary holds nothing to boot"
            }
        }
    }

    var text: String {
        var lines = ["flash      \(path)"]
        for (slot, contents) in contents {
            lines.append(slot.rawValue.padded(11) + describe(slot, contents))
        }
        lines.append("next boot  \(nextBootText)")
        if let journal {
            let size = journal.identity.sizeBytes
            let marked = journal.bytesMarked
            let name = "\(journal.identity.version.text), product \(journal.identity.productID)"
            let percent = size > 0 ? ", \(UInt64(marked) * 100 / UInt64(size)) %" : ""
            let text =
                switch downloadState(journal) {
                case .refused:
                    "refused, "
                        + (journal.isRefusalFinal ? "it is not downloaded again" : "once more it is downloaded again")
                        + (journal.refusal.map { ": \($0.text)" } ?? "")
                case .inProgress: "in progress, \(marked) of \(size) bytes in flash\(percent)"
                case .verified: "complete and verified"
                case .installed: "complete, verified and installed"
                case .rolledBack: "was tried and rolled back, as it was not confirmed"
                }
            lines.append("download   \(name): \(text)")
        } else {
            lines.append("download   none")
        }
        if let trust {
            let product = trust.productID.map { "product \($0)" } ?? "any product"
            let keys = "\(trust.anchors.count) key\(trust.anchors.count == 1 ? "" : "s")"
            let pinned = trust.pinned.count == 0 ? "" : ", images kept by digest: \(trust.pinned.count)"
            lines.append("trust      \(product), \(keys) of set \(trust.anchorSetNumber)\(pinned)")
            let refusal = trust.securityCounter == 0 ? "" : ", images below it are refused"
            lines.append("counter    \(trust.securityCounter)\(refusal)")
            if let unreachable = unreachableCounter {
                lines.append(
                    "           the running image's is \(unreachable), too far above to be taken over: it stays "
                        + "\(trust.securityCounter); release one of at most "
                        + "\(trust.securityCounter + SecurityCounter.maximumStep) in between"
                )
            }
        } else {
            lines.append("trust      not provisioned")
        }
        lines.append("wear       \(wearText)")
        return lines.joined(separator: "\n")
    }

    var object: JSONObject {
        var object = JSONObject()
        object.set("result", "status")
        object.set("state", state.rawValue)
        for (slot, contents) in contents { object.set(slot.rawValue, object: slotObject(slot, contents)) }
        object.set("next_boot", nextBoot)
        object.set("next_boot_text", nextBootText)
        object.set("swap", object: swap.map(swapObject))
        object.set("download", object: journal.map(journalObject))
        var trustObject: JSONObject?
        if let trust {
            var entry = JSONObject()
            entry.set("pid", trust.productID)
            entry.set("keys", trust.anchors.count)
            entry.set("key_set", trust.anchorSetNumber)
            entry.set("pinned_images", trust.pinned.count)
            entry.set("security_counter", trust.securityCounter)
            entry.set("security_counter_unreachable", unreachableCounter)
            trustObject = entry
        }
        object.set("trust", object: trustObject)
        var wearObject = JSONObject()
        wearObject.set("erases", wear.reduce(UInt64(0)) { $0 + UInt64($1) })
        wearObject.set("maximum", wear.max() ?? 0)
        for name in FlashAreaName.allCases { wearObject.set(name.rawValue, maximumWear(map.area(named: name))) }
        object.set("wear", object: wearObject)
        object.set("error", nil as String?)
        return object
    }

    /// What became of the latest download.
    private enum DownloadState: String {
        case inProgress = "in-progress"
        case verified, installed, refused
        case rolledBack = "rolled-back"
    }

    private func downloadState(_ journal: JournalStatus) -> DownloadState {
        if journal.refusal != nil { return .refused }
        guard journal.isSealed else { return .inProgress }
        guard journal.isInstalled else { return .verified }
        return isRolledBack(journal) ? .rolledBack : .installed
    }

    /// Whether the image was installed, waits for no reboot, and is not what runs but lies in the secondary slot.
    private func isRolledBack(_ journal: JournalStatus) -> Bool {
        guard swap == nil, case .success(let report) = next, report.action == .none,
            let running = contents.first(where: { $0.slot == .primary })?.contents.image,
            let other = contents.first(where: { $0.slot == .secondary })?.contents.image
        else { return false }
        let downloaded = journal.identity.version
        return other.version == downloaded && running.version != downloaded
    }

    private var isDownloading: Bool { journal.map { downloadState($0) == .inProgress } ?? false }

    private func describe(_ slot: Slot, _ contents: SlotContents) -> String {
        if swap != nil { return "in the middle of a swap" }
        switch contents {
        case .image(let image):
            let product = image.productID.map { ", product \($0)" } ?? ""
            let trial = slot == .primary && slots.isTrial ? ", on trial" : ""
            let counter = image.securityCounter.map { ", security counter \($0)" } ?? ""
            let rolledBack =
                slot == .secondary && journal.map(isRolledBack) ?? false ? ", tried and rolled back" : ""
            return "\(image.version.text)\(product), \(image.totalSizeBytes) bytes\(counter), verified"
                + trial + rolledBack
        case .none where slot == .secondary && isDownloading:
            return "download in progress"
        case .none(.notAnImage) where erasedSlots.contains(slot):
            return "empty"
        case .none(let error):
            return "nothing to boot: \(error.clause)"
        }
    }

    private func slotObject(_ slot: Slot, _ contents: SlotContents) -> JSONObject {
        var object = JSONObject()
        let image = contents.image
        object.set("version", image?.version.text)
        object.set("pid", image?.productID)
        object.set("size", image?.totalSizeBytes)
        object.set("security_counter", image?.securityCounter)
        object.set("verified", flag: image != nil)
        if swap == nil, slot == .primary || !isDownloading, case .none(let error) = contents {
            object.set("problem", error.clause)
        }
        let trailer = slot == .primary ? slots.primary.trailer : slots.secondary.trailer
        object.set("magic", "\(trailer.magic)")
        object.set("image_ok", "\(trailer.imageOK)")
        object.set("copy_done", "\(trailer.copyDone)")
        return object
    }

    private func journalObject(_ journal: JournalStatus) -> JSONObject {
        var object = JSONObject()
        object.set("state", downloadState(journal).rawValue)
        object.set("version", journal.identity.version.text)
        object.set("pid", journal.identity.productID)
        object.set("size", journal.identity.sizeBytes)
        object.set("bytes", journal.bytesMarked)
        object.set("unit", journal.unitBytes)
        object.set("sealed", flag: journal.isSealed)
        object.set("installed", flag: journal.isInstalled)
        object.set("refused", journal.refusal?.text)
        object.set("refusal_final", flag: journal.isRefusalFinal)
        return object
    }

    private func swapObject(_ swap: SwapUnderWay) -> JSONObject {
        var object = JSONObject()
        object.set("type", "\(swap.type)")
        object.set("steps_done", swap.stepsDone)
        object.set("steps", swap.stepCount)
        return object
    }

    private var wearText: String {
        let parts = FlashAreaName.allCases.map { "\($0.rawValue) \(maximumWear(map.area(named: $0)))" }
        return "erases of the most erased sector: " + parts.joined(separator: ", ")
    }

    private func maximumWear(_ area: FlashArea) -> UInt32 {
        guard area.sizeBytes > 0, let first = map.geometry.sector(containing: area.offset),
            let last = map.geometry.sector(containing: area.offset + area.sizeBytes - 1),
            Int(last.index) < wear.count
        else { return 0 }
        return wear[Int(first.index)...Int(last.index)].max() ?? 0
    }
}

extension SwapType {
    fileprivate var text: String {
        switch self {
        case .none, .test: "the swap for a trial"
        case .permanent: "the swap for good"
        case .revert: "going back"
        }
    }
}

extension String {
    fileprivate func padded(_ count: Int) -> String {
        self + String(repeating: " ", count: max(1, count - self.count))
    }
}
