import ArgumentParser
import FirmwareImage
import FirmwarePackaging
import HostSupport

struct KeyRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Makes a rotation: an order to devices to trust other keys, signed by a key that they trust now.",
        discussion: """
            A device takes it with: coap-fw-client rotate --flash FILE --rotation OUT. It counts the sets of keys: 0 \
            is what flash create gave it, and each rotation is the next one. Images that are in its slots then stay \
            bootable; new ones must be signed by a new key.
            """
    )

    @Option(help: "The private key (PEM) that signs: one of those that devices trust now.")
    var key: String

    @Option(help: "A public key (PEM) to trust from then on, instead of those before; may be given up to four times.")
    var trust: [String] = []

    @Option(help: "The number of this set of keys: 1 for devices as they left the factory, then 2 …")
    var set: UInt32

    @Option(help: "The product whose devices it is for; any that trust the key unless given.")
    var pid: UInt16?

    @Option(help: "The file to make. Never overwritten.")
    var out: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard !trust.isEmpty else { throw ValidationError("--trust KEY.pub is missing: a device must trust some key") }
        guard trust.count <= TrustAnchors.capacity else {
            throw ValidationError("--trust may be given \(TrustAnchors.capacity) times at most")
        }
        guard set >= 1 else {
            throw ValidationError("--set: write 1 or more; 0 is what a device leaves the factory with")
        }
    }

    func run() throws {
        try Console.run(json: json) {
            let bytes: [UInt8]
            do throws(KeyFileError) {
                let signer = try KeyFile.signingKey(key)
                var keys: [VerificationKey] = []
                for path in trust { keys.append(try KeyFile.verificationKey(path)) }
                do throws(KeyError) {
                    bytes = try SignedRotation.make(keys: keys, anchorSetNumber: set, productID: pid, signer: signer)
                } catch {
                    throw .unusable(path: key, error)
                }
            } catch {
                throw Failure(error)
            }
            try NewFile.write(bytes, to: out)
            Console.answer(
                json: json,
                [
                    "result": "made", "path": JSONValue(out), "size": .number(bytes.count), "set": JSONValue(set),
                    "keys": .number(trust.count),
                ],
                "rotation: \(out), \(bytes.count) bytes, set \(set) with \(trust.count) "
                    + (trust.count == 1 ? "key" : "keys")
            )
        }
    }
}
