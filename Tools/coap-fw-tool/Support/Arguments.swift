import ArgumentParser
import Credentials
import FirmwareImage
import FirmwarePackaging
import HostSupport

/// A version on the command line: `1.2.0` or `1.2.0+4`, as it stands in the images folder.
struct VersionArgument: ExpressibleByArgument {
    let version: ImageVersion

    init?(argument: String) {
        guard let version = ReleaseLayout.version(argument.utf8) else { return nil }
        self.version = version
    }
}

/// A number on the command line, decimal or `0x` and hex digits.
struct NumberArgument: ExpressibleByArgument {
    let value: UInt32

    init(_ value: UInt32) {
        self.value = value
    }

    init?(argument: String) {
        let isHex = argument.hasPrefix("0x") || argument.hasPrefix("0X")
        let digits = isHex ? argument.dropFirst(2) : argument[...]
        guard let value = UInt32(digits, radix: isHex ? 16 : 10) else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { "0x" + String(value, radix: 16) }
}

/// An identity on the command line: its text, or `#` and hex digits for bytes that are no text.
struct IdentityArgument: ExpressibleByArgument {
    let identity: PSKIdentity

    init?(argument: String) {
        let hex = argument.hasPrefix("#") ? Hex.decode(argument.utf8.dropFirst()) : nil
        guard let identity = hex.flatMap({ PSKIdentity(bytes: $0) }) ?? PSKIdentity(argument) else { return nil }
        self.identity = identity
    }
}

/// A period of time on the command line: `90s`, `30m`, `12h`, `7d`; up to a year.
struct PeriodArgument: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }),
            let count = DecimalNumber.parse(argument.utf8.dropLast(), limit: 31_536_000),
            (1...31_536_000).contains(Int64(count) * unit)
        else { return nil }
        seconds = Int64(count) * unit
    }
}
