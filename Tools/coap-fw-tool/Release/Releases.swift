import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

/// The commands that look at what is published, and take it back.
struct Releases: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "releases",
        abstract: "Lists the releases in an images folder, withdraws one and puts it back.",
        subcommands: [ReleasesList.self, ReleasesShow.self, ReleasesWithdraw.self, ReleasesRestore.self]
    )
}

/// Where the releases are, and how results are printed.
struct ReleasesOptions: ParsableArguments {
    @Option(help: "The images folder.")
    var images: String

    @Flag(help: "Print one JSON object.")
    var json = false

    var releases: PublishedReleases { PublishedReleases(root: images) }

    /// The releases, of one product if it is given, with whether each is the one that devices are offered.
    func list(_ productID: UInt16?) throws(Failure) -> [(release: PublishedRelease, isCurrent: Bool)] {
        let all: [PublishedRelease]
        do {
            all = try releases.list(productID: productID)
        } catch {
            throw Failure(error)
        }
        return all.map { release in
            let served = all.filter { $0.productID == release.productID && !$0.isWithdrawn }
            return (release, served.last == release)
        }
    }
}

/// Which release.
struct ReleaseOptions: ParsableArguments {
    @Argument(help: "The product, 0…65535.")
    var pid: UInt16

    @Argument(help: "The version, major.minor.revision with +build if need be.")
    var version: VersionArgument

    var text: String { "product \(pid), version \(ReleaseLayout.text(version.version))" }
}

extension PublishedRelease {
    fileprivate func state(isCurrent: Bool) -> String {
        isWithdrawn ? "withdrawn" : isCurrent ? "current" : "older"
    }

    fileprivate func object(isCurrent: Bool) -> JSONValue {
        .object([
            ("pid", .number(Int(productID))), ("version", .string(ReleaseLayout.text(version))),
            ("state", .string(state(isCurrent: isCurrent))), ("size", .number(Int(sizeBytes))), ("path", .string(path)),
        ])
    }
}

struct ReleasesList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract:
            "Lists releases: product, version, size, and whether it is the current one, an older or a withdrawn one."
    )

    @Argument(help: "Only of this product.")
    var pid: UInt16?

    @OptionGroup var options: ReleasesOptions

    func run() throws {
        try Console.run(json: options.json) {
            let releases = try options.list(pid)
            if options.json {
                let list = releases.map { $0.release.object(isCurrent: $0.isCurrent) }
                return Console.say(JSONValue.object([("releases", .array(list))]).text)
            }
            for (release, isCurrent) in releases {
                Console.say(
                    "\(release.productID)\t\(ReleaseLayout.text(release.version))\t\(release.sizeBytes) bytes\t"
                        + release.state(isCurrent: isCurrent)
                )
            }
        }
    }
}

struct ReleasesShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Checks one release as the server does, and shows its digest and ETag."
    )

    @OptionGroup var release: ReleaseOptions
    @OptionGroup var options: ReleasesOptions

    func run() throws {
        try Console.run(json: options.json) {
            let found = try options.list(release.pid).first { $0.release.version == release.version.version }
            guard let found else {
                throw Failure(.refusedData, "\(release.text) is not there; see: coap-fw-tool releases list")
            }
            let file = try InputFile.read(found.release.path)
            let image: ImageInspection
            do throws(ImageError) {
                image = try ImageInspection(file)
            } catch {
                throw Failure(image: found.release.path, error)
            }
            guard image.isDigestRight == true else {
                throw Failure(image: found.release.path, .digestMismatch)
            }
            let digest = ImageText.hex(image.payloadDigest)
            if options.json {
                guard case .object(let members) = found.release.object(isCurrent: found.isCurrent) else { return }
                let more: [(String, JSONValue)] = [
                    ("sha256", .string(digest)), ("etag", .string(ImageText.etag(image.payloadDigest))),
                ]
                Console.say(JSONValue.object(members + more).text)
            } else {
                Console.say("release:  \(release.text), \(found.release.state(isCurrent: found.isCurrent))")
                Console.say("path:     \(found.release.path)")
                Console.say("size:     \(found.release.sizeBytes) bytes")
                Console.say("SHA-256:  \(digest)")
                Console.say("ETag:     \(ImageText.etag(image.payloadDigest))")
            }
        }
    }
}

struct ReleasesWithdraw: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract:
            "Takes a release out of service. Its files stay; the highest version that is left is the current one.",
        discussion: """
            A running server notices within a second. Devices that run the withdrawn version keep it: they take no \
            older one. Devices that do not have it yet are offered the highest version that is left.
            """
    )

    @OptionGroup var release: ReleaseOptions
    @OptionGroup var options: ReleasesOptions

    func run() throws {
        try change("withdrawn", options, release) { releases throws(PublishError) in
            try releases.withdraw(productID: release.pid, version: release.version.version)
        }
    }
}

struct ReleasesRestore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts a release that was withdrawn back into service."
    )

    @OptionGroup var release: ReleaseOptions
    @OptionGroup var options: ReleasesOptions

    func run() throws {
        try change("restored", options, release) { releases throws(PublishError) in
            try releases.restore(productID: release.pid, version: release.version.version)
        }
    }
}

/// Changes a release, and says what devices are offered now.
private func change(
    _ result: String,
    _ options: ReleasesOptions,
    _ release: ReleaseOptions,
    _ body: (PublishedReleases) throws(PublishError) -> Void
) throws {
    try Console.run(json: options.json) {
        do throws(PublishError) {
            try body(options.releases)
        } catch {
            throw Failure(error)
        }
        let current = try options.list(release.pid).first { $0.isCurrent }
            .map { ReleaseLayout.text($0.release.version) }
        if options.json {
            var object = JSONObject()
            object.set("result", result)
            object.set("pid", release.pid)
            object.set("version", ReleaseLayout.text(release.version.version))
            object.set("current", current)
            Console.say(object.text)
        } else {
            Console.say("\(result): \(release.text)")
            Console.say("current:  \(current ?? "none; devices are told that there is no such product")")
        }
    }
}
