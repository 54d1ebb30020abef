import Foundation
import Testing

/// A disk that is full: a small one (tmpfs) in a mount namespace of the program's own. What cannot be written is said
/// and leaves what was there as it was; the server serves on.
@Suite(.enabled(if: geteuid() == 0, "needs root, to mount"), .timeLimit(.minutes(5)))
struct FullDiskTests {
    /// Runs a program in a namespace where `disk` has so many bytes, filled by `files` and then to its last byte.
    private static func onFullDisk(_ kibibytes: Int, room: Int = 0, _ files: String = "") -> [String] {
        let script = """
            mount -t tmpfs -o size=\(kibibytes)k,mode=0700 none disk && \(files.isEmpty ? "true" : files) || exit 99
            dd if=/dev/zero of=disk/filler bs=4096 2>/dev/null
            truncate -s -\(room) disk/filler
            find disk -type f ! -name filler ! -name '*.lock' -exec sha256sum {} + | sort > before
            "$0" "$@"; status=$?
            find disk -type f ! -name filler ! -name '*.lock' -exec sha256sum {} + | sort > after
            ls -A disk >> left
            cmp before after >&2 || exit 98
            exit $status
            """
        return ["/usr/bin/unshare", "-m", "/bin/bash", "-c", script]
    }

    @Test(arguments: [
        "psk add new --psk disk/k.psk", "psk add new --pid 7 --psk disk/k.psk", "psk revoke dev-1 --psk disk/k.psk",
        "psk rotate dev-1 --psk disk/k.psk", "psk grant dev-1 --pid 7 --psk disk/k.psk",
        "psk add --count 1000 --prefix m --psk disk/k.psk", "psk export dev-1 --out disk/own.psk --psk disk/k.psk",
        "key generate disk/key",
    ])
    func keysStayAsTheyWere(command: String) throws {
        let workshop = try Workshop()
        try FileManager.default.createDirectory(atPath: "\(workshop.path)/disk", withIntermediateDirectories: true)
        let keys = (0..<60).map { "dev-\($0):000102030405060708090a0b0c0d0e0f\n" }.joined()
        try workshop.write(Array(keys.utf8), to: "k.psk", mode: 0o600)
        let end = try workshop.run(
            command.split(separator: " ").map(String.init),
            under: Self.onFullDisk(256, "cp -p k.psk disk && touch disk/k.psk.lock")
        )
        #expect(end.status == 74 && end.errors.contains("No space left on device"), "\(end)")
        #expect(end.output.isEmpty)
        #expect(try !workshop.text("left").contains(".new-"))
    }

    /// Whatever is the last that there is room for: the folder, the payload, its digest.
    @Test(arguments: [0, 8192, 20480, 24576]) func aReleaseIsPublishedWholeOrNotAtAll(room: Int) throws {
        let workshop = try Workshop.withRelease()
        try FileManager.default.createDirectory(atPath: "\(workshop.path)/disk", withIntermediateDirectories: true)
        let end = try workshop.run(
            ["release", "--pid", "7", "--version", "1.1.0", "--binary", "app.bin", "--key", "signing"]
                + ["--images", "disk/Images"],
            under: Self.onFullDisk(256, room: room, "cp -r Images disk")
        )
        #expect(end.status == 74 && end.errors.contains("No space left on device"), "\(end)")
    }

    /// The log's disk is full, and has room again: the server serves all the while and says what was lost.
    @Test func theServerServesWithoutALog() throws {
        let workshop = try Workshop.withRelease()
        try workshop.tool("psk", "add", "dev-1", "--psk", "k.psk")
        try FileManager.default.createDirectory(atPath: "\(workshop.path)/disk", withIntermediateDirectories: true)
        let server = try Workshop.program("coap-fw-server").path
        let doctor = try Workshop.program("coap-fw-tool").path
        let script = """
            mount -t tmpfs -o size=64k none disk && dd if=/dev/zero of=disk/filler bs=4096 2>/dev/null
            "\(server)" --images Images --psk k.psk --listen 127.0.0.1:0 --verbose >out 2>>disk/log & server=$!
            for i in $(seq 200); do grep -q listening out && break; sleep 0.05; done
            url=$(sed 's/listening on //' out)
            "\(doctor)" doctor "$url" --pid 7 --identity dev-1 --psk k.psk >/dev/null || exit 1
            rm disk/filler
            "\(doctor)" doctor "$url" --pid 7 --identity dev-1 --psk k.psk >/dev/null || exit 2
            kill $server; wait $server || exit 3
            cat disk/log
            """
        let end = try workshop.run(
            [],
            of: "coap-fw-tool",
            under: ["/usr/bin/unshare", "-m", "/bin/bash", "-c", script]
        )
        #expect(end.status == 0, "\(end)")
        #expect(end.output.contains("lines of the log were lost"), "\(end.output)")
        #expect(end.output.contains("session established"))
        // The line that the disk was full in is cut, and the next begins on a line of its own.
        let odd = end.output.split(separator: "\n").filter { $0.wholeMatch(of: /\d{4}-\d\d-\d\dT.*Z [a-z]+ .*/) == nil }
        #expect(odd.count <= 1, "\(odd)")
    }
}
