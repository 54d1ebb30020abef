import Foundation

/// What a process has used, as the system counts it.
struct ProcessMeter {
    let processID: Int32

    /// Processor time in seconds, all threads. Of the process's own clock, as `/proc` counts in hundredths.
    var processorSeconds: Double {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(processID, &clock) == 0, clock_gettime(clock, &time) == 0 else { return .nan }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Pages that the system has given it one by one.
    var pageFaults: Double {
        // After the command in parentheses: field 3 is the state, 10 are the faults that needed no disk.
        let text = (try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 7 ? Double(fields[7]) ?? .nan : .nan
    }

    /// Resident memory in bytes.
    var residentBytes: Double {
        let text = (try? String(contentsOfFile: "/proc/\(processID)/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return .nan }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    static var own: ProcessMeter { ProcessMeter(processID: getpid()) }

    /// Has the system find so much memory, and gives it back: on a virtual machine, a page that was never used costs
    /// several times one that was, which is nothing that a server does.
    static func warmMemory(bytes: Int) {
        guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else { return }
        for offset in stride(from: 0, to: bytes, by: 4096) {
            memory.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
        }
        munmap(memory, bytes)
    }
}
