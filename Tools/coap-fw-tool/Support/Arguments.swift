import ArgumentParser
import Credentials
import FirmwareImage
import HostSupport

/// A version on the command line: `1.2.0` or `1.2.0+4`; missing numbers are 0.
struct VersionArgument: ExpressibleByArgument {
    let version: ImageVersion

    init?(argument: String) {
        guard let version = ImageVersion(parsing: argument.utf8Span.span.bytes) else { return nil }
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
