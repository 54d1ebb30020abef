import FirmwareImage
import UpdateClient

extension RefusalReason {
    /// What is wrong with the image.
    var text: String {
        switch self {
        case .downgrade(let offered, let running):
            "\(offered.text) is older than \(running.text), which is running"
        case .image(.securityCounterTooHigh(let found, let maximum)):
            "\(ImageError.securityCounterTooHigh(found: found, maximum: maximum).clause), as more must be a mistake"
        case .image(let error):
            error.clause
        case .wrongProduct(let offered, let provisioned):
            "it is for product \(offered), this device is for \(provisioned)"
        case .tooLarge(let size, let maximum):
            "\(size.map { "\($0) bytes are" } ?? "it is") more than the slot's \(maximum) bytes"
        case .empty:
            "it is empty"
        case .rolledBack(let version):
            "\(version.text) was tried and rolled back"
        }
    }

    /// What to do about it.
    var advice: String {
        switch self {
        case .downgrade: "release a newer one"
        case .image(.securityCounterTooLow(_, let minimum)): "release it with --security-counter \(minimum)"
        case .image(.securityCounterTooHigh): "release it with a lower --security-counter"
        case .image, .empty: "release it anew"
        case .wrongProduct: "check --pid and the release"
        case .tooLarge: "release a smaller one"
        case .rolledBack: "release a newer one, or try it again with --retry"
        }
    }
}
