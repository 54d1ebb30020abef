import FirmwareImage
import FirmwarePackaging
import Manifest

/// A manifest whose parts can be anything: for what no encoder writes.
struct HandMade {
    var version: UInt32 = 1
    var sequenceNumber: UInt32 = 300
    var components = 1
    var shared: (inout CBORWriter) -> Void = { HandMade.sequence(&$0, 3, HandMade.override, [1, 15], [2, 15]) }
    var install: (inout CBORWriter) -> Void = { HandMade.sequence(&$0, 3, HandMade.fetching, [21, 2], [3, 15]) }
    /// Members behind the others.
    var more: [(key: Int32, body: (inout CBORWriter) -> Void)] = []

    typealias Part = (inout CBORWriter) -> Void

    static func sequence(_ writer: inout CBORWriter, _ count: Int, _ first: Part, _ commands: [UInt32]...) {
        writer.array(2 * count)
        first(&writer)
        for command in commands { for number in command { writer.unsigned(number) } }
    }

    /// `suit-directive-override-parameters` with parameters.
    static func override(_ parameters: [(Int32, Part)]) -> Part {
        {
            $0.unsigned(20)
            $0.map(parameters.count)
            for (key, value) in parameters {
                $0.integer(key)
                value(&$0)
            }
        }
    }

    static var common: [(Int32, Part)] {
        [
            (1, { $0.byteString(Fixture.vendor.bytes.array) }), (2, { $0.byteString(Fixture.deviceClass.bytes.array) }),
            (3, { $0.wrapped(HandMade.digest) }), (14, { $0.unsigned(1000) }),
        ]
    }
    static var override: Part { override(common) }
    static var fetching: Part {
        override([(21, { $0.text("firmware") }), (-257, information([(1, { $0.unsigned(7) })]))])
    }

    static func digest(_ writer: inout CBORWriter) {
        writer.array(2)
        writer.integer(-16)
        writer.byteString([UInt8](repeating: 9, count: 32))
    }

    static func information(_ fields: [(UInt32, Part)]) -> Part {
        {
            $0.wrapped {
                $0.map(fields.count)
                for (key, value) in fields {
                    $0.unsigned(key)
                    value(&$0)
                }
            }
        }
    }

    /// Encoded and signed by the fixture's key.
    func envelope() throws -> [UInt8] {
        try Self.envelope(
            CBORWriter.encoded { manifest in
                manifest.map(4 + more.count)
                manifest.unsigned(1)
                manifest.unsigned(version)
                manifest.unsigned(2)
                manifest.unsigned(sequenceNumber)
                manifest.unsigned(3)
                manifest.wrapped { common in
                    common.map(2)
                    common.unsigned(2)
                    common.array(components)
                    for component in 0..<components {
                        common.array(1)
                        common.byteString([UInt8(component)])
                    }
                    common.unsigned(4)
                    common.wrapped(shared)
                }
                for (key, body) in more where key < 20 {
                    manifest.integer(key)
                    body(&manifest)
                }
                manifest.unsigned(20)
                manifest.wrapped(install)
                for (key, body) in more where key > 20 || key < 0 {
                    manifest.integer(key)
                    body(&manifest)
                }
            }
        )
    }

    static func envelope(_ manifest: [UInt8]) throws -> [UInt8] {
        var signed = SignedManifest(encoded: manifest)
        try signed.sign(Fixture.signer)
        return signed.unverifiedEnvelope()
    }
}
