import HostSupport

/// A file of options, `--config FILE`: each line one option of the command line without its `--`.
///
///     # the device in the pump house
///     server = coaps://fw.example.org
///     pid = 7
///     flash = dev-1.flash
///
/// They are put in front of the other arguments, so that those win. An option that a command does not take is passed
/// over if another command does, so that one file serves them all.
enum ConfigurationFile {
    private static let connection: Set = [
        "server", "pid", "identity", "psk", "flash", "expected-rtt", "handshake-timeout", "attempts", "block-size",
    ]
    private static let daemon: Set = ["interval", "reboot", "health-check", "health-timeout", "trial-timeout"]
    private static let flags: Set = ["json", "retry"]
    /// Their values are paths.
    private static let paths: Set = ["psk", "flash"]

    private static let commands: [String: Set<String>] = [
        "update": connection.union(flags),
        "run": connection.union(daemon).union(["json"]),
        "status": ["flash", "json"],
        "reboot": ["flash", "json"],
        "confirm": ["flash", "json"],
        "rotate": ["flash", "json"],
    ]
    /// What is larger is no file of options.
    private static let maximumBytes = 64 << 10

    /// - Parameter arguments: without the program's name.
    /// - Returns: the same, with those of the file that `--config` names after the command's name.
    /// - Throws: if the file cannot be read or has a line that is no option; the message names file and line.
    static func expand(_ arguments: [String]) throws(Failure) -> [String] {
        guard let command = arguments.first, let taken = commands[command], let path = path(in: arguments) else {
            return arguments
        }
        return [command] + options(try read(path), taken: taken, folder: folder(of: path)) + arguments.dropFirst()
    }

    /// The file that the last `--config` names.
    private static func path(in arguments: [String]) -> String? {
        var path: String?
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { break }
            if argument.hasPrefix("--config=") { path = String(argument.dropFirst(9)) }
            if argument == "--config", index + 1 < arguments.count { path = arguments[index + 1] }
        }
        return path
    }

    private static func read(_ path: String) throws(Failure) -> [(name: String, value: String)] {
        let contents: [UInt8]?
        do {
            contents = try OpenFile.reading(path).readAll(expecting: 4096, limit: maximumBytes)
        } catch {
            throw Failure(error)
        }
        guard let bytes = contents else {
            throw .configuration("\(path): more than \(maximumBytes >> 10) KiB; name a file of options")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .configuration("\(path): not text in UTF-8")
        }
        var settings: [(name: String, value: String)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "\(path):\(index + 1)"
            guard let equals = line.firstIndex(of: "=") else {
                throw .configuration("\(place): write NAME = VALUE, or # before a comment")
            }
            let name = String(trimmed(line[..<equals]))
            guard commands.values.contains(where: { $0.contains(name) }) else {
                throw .configuration("\(place): there is no option \(name); see coap-fw-client run --help")
            }
            guard !settings.contains(where: { $0.name == name }) else {
                throw .configuration("\(place): \(name) is there twice; remove one")
            }
            let value = String(unquoted(trimmed(line[line.index(after: equals)...])))
            if flags.contains(name), value != "true", value != "false" {
                throw .configuration("\(place): \(name): write true or false")
            }
            settings.append((name, value))
        }
        return settings
    }

    private static func options(
        _ settings: [(name: String, value: String)],
        taken: Set<String>,
        folder: String
    ) -> [String] {
        settings.flatMap { name, value -> [String] in
            guard taken.contains(name) else { return [] }
            if flags.contains(name) { return value == "true" ? ["--\(name)"] : [] }
            let isRelative = paths.contains(name) && !value.hasPrefix("/")
            return ["--\(name)=\(isRelative ? folder + value : value)"]
        }
    }

    /// With the slash at its end; empty: the current one.
    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.unicodeScalars.first, " \t\r".unicodeScalars.contains(first) { text.removeFirst() }
        while let last = text.unicodeScalars.last, " \t\r".unicodeScalars.contains(last) { text.removeLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> Substring {
        text.count >= 2 && text.first == "\"" && text.last == "\"" ? text.dropFirst().dropLast() : text
    }
}
