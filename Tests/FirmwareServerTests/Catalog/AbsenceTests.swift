import CLinux
import FirmwareServer
import Foundation
import Glibc
import HostSupport
import TestSupport
import Testing

/// What could not be looked at stays as it was; what is not there is served until that is certain.
@Suite(.timeLimit(.minutes(15))) struct AbsenceTests {
    private func current(_ refresh: CatalogRefresh) -> String? { refresh.snapshot.product(7)?.current.versionText }

    private func move(_ old: String, to new: String, in folder: TemporaryFolder) throws {
        try FileManager.default.moveItem(atPath: "\(folder.path)/\(old)", toPath: "\(folder.path)/\(new)")
    }

    /// A product's folder that is away for two seconds: the update goes on meanwhile, and nothing was ever gone.
    @Test func aFolderThatIsAwayForTwoSecondsEndsNothing() throws {
        let folder = try TemporaryFolder()
        let image = try folder.release(7, "1.2.0", bytes: 50_000)
        let path = "\(folder.path)/7/1.2.0/firmware.bin"
        let loader = CatalogLoader(root: folder.path)
        let before = try loader.refresh(at: .seconds(100))
        try move("7", to: ".away", in: folder)
        for second in 101...102 {
            let refresh = try loader.refresh(at: .seconds(second))
            #expect(!refresh.changed)
            #expect(refresh.problems == [.absent(path: path)])
            #expect(refresh.newProblems.count == (second == 101 ? 1 : 0))
            #expect(Served(refresh.snapshot).download("fw/7") == image)
        }
        try move(".away", to: "7", in: folder)
        let after = try loader.refresh(at: .seconds(103))
        #expect(!after.changed && after.problems.isEmpty)
        #expect(after.snapshot.product(7)?.current === before.snapshot.product(7)?.current)
    }

    @Test func anAbsenceIsCertainAfterFiveLooksAndTenSeconds() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.1.0")
        try folder.release(7, "1.2.0")
        let loader = CatalogLoader(root: folder.path)
        _ = try loader.refresh(at: .zero)
        try folder.remove("7/1.2.0")
        for second in [1, 2, 3, 4, 5, 6, 10] { #expect(current(try loader.refresh(at: .seconds(second))) == "1.2.0") }
        let gone = try loader.refresh(at: .seconds(11))
        #expect(gone.removed.map(\.versionText) == ["1.2.0"])
        #expect(current(gone) == "1.1.0")

        // Time alone does not do it: looks that were far apart say little.
        try folder.remove("7/1.1.0")
        for second in [1000, 2000, 3000, 4000] {
            #expect(current(try loader.refresh(at: .seconds(second))) == "1.1.0")
        }
        #expect(current(try loader.refresh(at: .seconds(5000))) == nil)
    }

    /// The count begins again when the release is seen in between.
    @Test func aReleaseThatComesBackWasNeverGone() throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.2.0")
        let loader = CatalogLoader(root: folder.path)
        _ = try loader.refresh(at: .zero)
        for second in 1...40 {
            let isAway = second % 8 != 0
            if isAway, second % 8 == 1 { try move("7/1.2.0", to: "7/.away", in: folder) }
            if !isAway { try move("7/.away", to: "7/1.2.0", in: folder) }
            #expect(current(try loader.refresh(at: .seconds(second))) == "1.2.0")
        }
    }

    @Test func whatIsWithdrawnByNameOrConfirmedIsGoneAtOnce() throws {
        let folder = try TemporaryFolder()
        for version in ["1.0.0", "1.1.0", "1.2.0"] { try folder.release(7, version) }
        let loader = CatalogLoader(root: folder.path)
        _ = try loader.refresh(at: .zero)
        try move("7/1.2.0", to: "7/.withdrawn-1.2.0", in: folder)
        let withdrawn = try loader.refresh(at: .seconds(1))
        #expect(withdrawn.removed.map(\.versionText) == ["1.2.0"])
        #expect(withdrawn.problems.isEmpty)
        #expect(current(withdrawn) == "1.1.0")
        try folder.remove("7/1.1.0")
        #expect(current(try loader.refresh(at: .seconds(2))) == "1.1.0")
        #expect(current(try loader.refresh(at: .seconds(3), isConfirmed: true)) == "1.0.0")
        // And back.
        try move("7/.withdrawn-1.2.0", to: "7/1.2.0", in: folder)
        #expect(current(try loader.refresh(at: .seconds(4))) == "1.2.0")
    }

    /// Errors of looking, of a file, a version's folder and a product's folder: the releases stay, for as long as it
    /// lasts, the older release is never the current one, and the log has a line.
    @Test(arguments: ["7/1.2.0/firmware.bin", "7/1.2.0", "7"])
    func whatCannotBeLookedAtStaysAsItWas(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.release(7, "1.1.0")
        let image = try folder.release(7, "1.2.0")
        try folder.release(8, "1.0.0")
        let loader = CatalogLoader(root: folder.path)
        // Not yet old enough to be known by their times, so that each look wants to read them.
        let before = try loader.refresh(at: .zero)
        let path = "\(folder.path)/\(name)"
        let mode: mode_t = name.hasSuffix("bin") ? 0o644 : 0o755
        #expect(chmod(path, 0) == 0)
        defer { _ = chmod(path, mode) }
        for second in 1...30 {
            let refresh = try AsNobody.run { try loader.refresh(at: .seconds(second)) }
            #expect(!refresh.changed)
            #expect(current(refresh) == "1.2.0")
            let unreadable = refresh.problems.filter { if case .unreadable = $0 { true } else { false } }
            #expect(!unreadable.isEmpty && unreadable.allSatisfy { $0.path.hasPrefix("\(folder.path)/7") })
            #expect((refresh.newProblems.count > 0) == (second == 1))
            #expect(Served(refresh.snapshot).download("fw/7") == image)
        }
        #expect(chmod(path, mode) == 0)
        let after = try loader.refresh(at: .seconds(40))
        #expect(!after.changed && after.problems.isEmpty)
        #expect(after.snapshot.product(7)?.current === before.snapshot.product(7)?.current)
    }
}

/// Root reads everything: for this thread's file accesses it becomes nobody for a moment.
private enum AsNobody {
    static func run<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard geteuid() == 0 else { return try body() }
        _ = setfsuid(65_534)
        defer { _ = setfsuid(0) }
        return try body()
    }
}
