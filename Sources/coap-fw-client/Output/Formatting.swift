import Bootloader
import FirmwareImage
import FirmwareText
import Flash
import Glibc
import HostSupport

extension ImageVersion {
    /// `1.2.3`, with `+build` if there is one.
    var text: String {
        "\(major).\(minor).\(revision)" + (build == 0 ? "" : "+\(build)")
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// `850 ms`, `12.3 s`, `3 min 20 s`.
    var text: String {
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds < 60_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
        return "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
    }
}

extension FlashError {
    /// What happened, for a person.
    var text: String {
        switch self {
        case .outOfRange(let address): "address \(hex(address)) is past the end of the flash"
        case .misaligned(let address): "address \(hex(address)) is not aligned"
        case .notErased(let address): "address \(hex(address)) could not be erased or written"
        case .powerLost: "power lost"
        case .io(let code): Failure.systemError(code)
        }
    }

    /// What to do about it, to stand after the text.
    var advice: String {
        switch self {
        case .io(ENOSPC), .io(EDQUOT): "free some space"
        case .io(EFBIG): "raise the limit of the file size (ulimit -f)"
        case .io(EROFS), .io(EACCES), .io(EPERM): "make it writable"
        case .io: "check its disk"
        case .outOfRange, .misaligned, .notErased, .powerLost: "restore a copy or make the flash anew"
        }
    }

    private func hex(_ address: UInt32) -> String { "0x" + String(address, radix: 16) }
}

extension TrustError {
    /// What is wrong with a trust record, for a person.
    var text: String {
        switch self {
        case .notProvisioned: "no copy of its trust record is whole, so no key is trusted"
        case .exhausted: "its trust record was rewritten as often as it can be"
        case .areaTooSmall: "its trust area is too small"
        case .flash(let error): error.text
        }
    }

    /// What to do about it, to stand after the text.
    var advice: String {
        if case .flash(let error) = self { return error.advice }
        return "restore a copy or make it anew: coap-fw-tool flash create --trust KEY.pub"
    }
}

extension ImageError {
    /// What is wrong with an image, as a clause of its own.
    var clause: String { "it \(text)" }
}
