import FirmwareImage
import FirmwareText
import HostSupport

extension Failure {
    /// - Parameters:
    ///   - path: the image's file.
    ///   - error: what is wrong with it.
    init(image path: String, _ error: ImageError) {
        let advice = error == .notAnImage ? "; sign it with: coap-fw-tool release" : ""
        self.init(.refusedData, "\(path) \(error.text)\(advice)")
    }
}
