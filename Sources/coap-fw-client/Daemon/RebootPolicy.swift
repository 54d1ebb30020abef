import ArgumentParser
import Glibc
import HostSupport

/// When a device that runs by itself may reboot into a new image.
enum RebootPolicy: Equatable, Sendable, ExpressibleByArgument {
    case now
    case never
    /// From a minute of the day on to another, local time; it may contain midnight.
    case window(from: Int, to: Int)

    /// `now`, `never` or `02:00-04:30`.
    init?(argument: String) {
        switch argument {
        case "now": self = .now
        case "never": self = .never
        default:
            let times = argument.split(separator: "-", omittingEmptySubsequences: false).map(Self.minute)
            guard times.count == 2, let from = times[0], let to = times[1], from != to else { return nil }
            self = .window(from: from, to: to)
        }
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = twoDigits(parts[0]), let minute = twoDigits(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private static func twoDigits(_ text: Substring) -> Int? {
        guard text.utf8.count == 2, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    /// How long until a reboot is allowed.
    ///
    /// - Parameter minute: of the day.
    /// - Returns: zero: now; nil: never.
    func wait(atMinute minute: Int) -> Duration? {
        switch self {
        case .now: return .zero
        case .never: return nil
        case .window(let from, let to):
            let isOpen = from < to ? (from..<to).contains(minute) : minute >= from || minute < to
            return isOpen ? .zero : .seconds(60 * ((from - minute + 1440) % 1440))
        }
    }

    /// The same, by the host's clock and time zone.
    func wait() -> Duration? {
        var seconds = time(nil)
        var fields = tm()
        localtime_r(&seconds, &fields)
        return wait(atMinute: Int(fields.tm_hour) * 60 + Int(fields.tm_min))
    }
}
