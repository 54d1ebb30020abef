import Foundation

/// Where the programs are that tests start.
enum Programs {
    /// The package's folder.
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// One of this package's programs: in COAP_FW_BIN, else beside the test bundle.
    static func own(_ name: String) throws -> URL {
        let folder: URL
        if let path = ProcessInfo.processInfo.environment["COAP_FW_BIN"] {
            folder = URL(fileURLWithPath: path)
        } else {
            folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        }
        return try existing(folder.appendingPathComponent(name), advice: "run swift build, or set COAP_FW_BIN")
    }

    /// A program of the system.
    static func system(_ name: String) throws -> URL {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        for folder in (path + ":/usr/bin:/usr/sbin").split(separator: ":") {
            let file = URL(fileURLWithPath: String(folder)).appendingPathComponent(name)
            if FileManager.default.isExecutableFile(atPath: file.path) { return file }
        }
        throw ProgramError("\(name) is missing: run Tools/setup --tests")
    }

    /// A program of the package's Python environment.
    static func python(_ name: String) throws -> URL {
        try existing(package.appendingPathComponent(".venv/bin/\(name)"), advice: "run Tools/setup --tests")
    }

    private static func existing(_ file: URL, advice: String) throws -> URL {
        guard FileManager.default.isExecutableFile(atPath: file.path) else {
            throw ProgramError("\(file.lastPathComponent) is missing at \(file.path): \(advice)")
        }
        return file
    }
}
