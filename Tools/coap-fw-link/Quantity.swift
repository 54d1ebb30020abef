import ArgumentParser
import HostSupport
import LinkEmulator

/// Strict readers for the values of the command line. Each takes the whole text or says what it wanted instead.
enum Quantity {
    /// `125ms`, `1.5s`, `250us`, `2m`; a unit is required.
    static func duration(_ text: String) throws -> Duration {
        guard let duration = Duration(parsing: text) else {
            throw ValidationError("A duration is a number with a unit ns, us, ms, s, m or h: 125ms, 1.5s.")
        }
        guard duration <= .seconds(86_400) else { throw ValidationError("At most one day (24h).") }
        return duration
    }

    /// As ``duration(_:)``, and longer than nothing.
    static func interval(_ text: String) throws -> Duration {
        let duration = try duration(text)
        guard duration >= .milliseconds(10) else { throw ValidationError("At least 10ms.") }
        return duration
    }

    /// `512`, `512B`, `16KiB`, `1MiB`.
    static func bytes(_ text: String) throws -> Int {
        let units: [(suffix: String, bytes: Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("B", 1), ("", 1)]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let count = wholeNumber(text.dropLast(unit.suffix.count)) else { continue }
            let (bytes, overflow) = Int(clamping: count).multipliedReportingOverflow(by: unit.bytes)
            guard !overflow, bytes < Int.max else { throw ValidationError("Too large.") }
            return bytes
        }
        throw ValidationError("A size is a whole number of bytes, or one with KiB or MiB: 512, 16KiB.")
    }

    /// `uniform`, `pareto` (of shape 1.5) or `pareto:2.5`.
    static func jitterShape(_ text: String) throws -> Jitter.Distribution {
        if text == "uniform" { return .uniform }
        if text == "pareto" { return .pareto(shape: 1.5) }
        guard text.hasPrefix("pareto:"), let shape = DecimalNumber.parseFraction(text.dropFirst(7)), shape > 1,
            shape <= 100
        else {
            throw ValidationError("A jitter shape is uniform, pareto, or pareto: and a number above 1: pareto:1.5.")
        }
        return .pareto(shape: shape)
    }

    /// `0`, `0.1`, `.1`, `1`.
    static func probability(_ text: String) throws -> Double {
        let digits = text.hasPrefix(".") ? "0\(text)" : text
        guard let value = DecimalNumber.parseFraction(digits[...]), value <= 1 else {
            throw ValidationError("A probability is a decimal number from 0 to 1: 0.1 for ten percent.")
        }
        return value
    }

    /// Bits per second: `20000`, `20k`, `10M`.
    static func rate(_ text: String) throws -> UInt64 {
        let units: [(suffix: String, factor: UInt64)] = [("k", 1000), ("M", 1_000_000), ("", 1)]
        for unit in units where text.hasSuffix(unit.suffix) {
            guard let count = wholeNumber(text.dropLast(unit.suffix.count)) else { continue }
            let (rate, overflow) = count.multipliedReportingOverflow(by: unit.factor)
            if !overflow { return rate }
        }
        throw ValidationError("A rate is a whole number of bits per second, or one with k or M: 20000, 250k.")
    }

    /// A decimal number of datagrams.
    static func burstLength(_ text: String) throws -> Double {
        guard let value = DecimalNumber.parseFraction(text[...]), value >= 1 else {
            throw ValidationError("A mean burst length is a number of datagrams, at least 1: 4.")
        }
        return value
    }

    private static func wholeNumber(_ text: Substring) -> UInt64? {
        isDigits(text) ? UInt64(text) : nil
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
