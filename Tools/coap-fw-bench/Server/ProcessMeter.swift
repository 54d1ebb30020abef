import Foundation

/// What a process has used, as the system counts it.
struct ProcessMeter {
    let processID: Int32

    /// Processor time in seconds, all threads.
    var processorSeconds: Double {
        // After the command in parentheses: field 3 is the state, 14 and 15 are user and system time in ticks.
        let text = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Resident memory in bytes.
    var residentBytes: Double {
        let text = (try? String(contentsOfFile: "/proc/\(processID)/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return .nan }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    static var own: ProcessMeter { ProcessMeter(processID: getpid()) }
}
