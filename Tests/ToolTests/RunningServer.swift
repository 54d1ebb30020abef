import Foundation
import Testing

/// `coap-fw-server` on ports of its own; it ends with the value.
final class RunningServer {
    private let process = Process()
    private let output = Pipe()
    private let logPath: String
    private let ended = DispatchSemaphore(value: 0)
    private var unread = ""
    /// Where it listens, in the order in which it says so.
    private(set) var urls: [String] = []

    /// - Parameters:
    ///   - workshop: where its files are.
    ///   - addresses: `--listen` for each.
    ///   - options: more of them.
    /// - Throws: if it does not start.
    init(_ workshop: Workshop, listen addresses: [String] = ["127.0.0.1:0"], _ options: [String] = []) throws {
        process.executableURL = try Workshop.program("coap-fw-server")
        process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
        process.arguments =
            ["--images", "Images", "--psk", "k.psk"] + addresses.flatMap { ["--listen", $0] } + options
        process.standardOutput = output
        let file = try workshop.capture("server")
        logPath = file.path
        process.standardError = file.handle
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        // The server says where it listens before it does anything else.
        for _ in addresses {
            let line = try #require(nextLine())
            urls.append(String(try #require(line.split(separator: " ").last)))
        }
    }

    var url: String { urls[0] }

    var isRunning: Bool { process.isRunning }

    func port(_ index: Int = 0) throws -> UInt16 {
        try #require(urls[index].split(separator: ":").last.flatMap { UInt16($0) })
    }

    var processID: Int32 { process.processIdentifier }

    /// What it has logged so far.
    var log: String { (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? "" }

    /// Waits until it has logged something, half a minute at most.
    func hasLogged(_ text: String) -> Bool { waitUntil { log.contains(text) } }

    /// The statistics that it prints at SIGUSR1.
    func statistics() throws -> [String: Int] {
        signal(SIGUSR1)
        let line = try #require(nextLine())
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Int])
    }

    /// Asks for statistics until they are as wanted, half a minute at most.
    func waitForStatistics(_ isWanted: ([String: Int]) -> Bool) throws -> Bool {
        try waitUntil { isWanted(try statistics()) }
    }

    /// Its exit status after a signal; nil: it did not end within ten seconds.
    func end(by number: Int32) -> Int32? {
        signal(number)
        guard ended.wait(timeout: .now() + 10) == .success else { return nil }
        ended.signal()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// The next line of its output; nil if it dies, or says nothing for half a minute.
    func nextLine() -> String? {
        while !unread.contains("\n") {
            var waiting = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 30_000) == 1 else { return nil }
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { return nil }
            unread += String(decoding: chunk, as: UTF8.self)
        }
        let line = unread.prefix { $0 != "\n" }
        unread = String(unread.dropFirst(line.count + 1))
        return String(line)
    }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Makes it look for what changed.
    func reload() {
        signal(SIGHUP)
    }

    deinit {
        if end(by: SIGTERM) == nil { kill(process.processIdentifier, SIGKILL) }
    }
}

/// Asks until it is so, with a look every few milliseconds; false after half a minute.
func waitUntil(_ isSo: () throws -> Bool) rethrows -> Bool {
    let limit = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < limit {
        if try isSo() { return true }
        poll(nil, 0, 5)
    }
    return false
}
