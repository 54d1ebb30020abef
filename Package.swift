// swift-tools-version: 6.2
import PackageDescription

// `COAP_FW_EMBEDDED=1` builds the device modules and their self-test in Embedded mode, and nothing else (Tools/check
// does, with a scratch path of its own). An environment variable and not a package trait: SwiftPM 6.3 passes a
// trait-conditional Embedded feature to the link step of ordinary builds too, and such executables crash at start.
let embedded = Context.environment["COAP_FW_EMBEDDED"] == "1"

// `COAP_FW_MUTANTS=1` builds the check of the power-fail runs, and nothing else. Only in the copy of the sources that
// Tools/bench power --mutants makes: device code itself has no switches.
let mutants = Context.environment["COAP_FW_MUTANTS"] == "1"

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let device: [SwiftSetting] =
    strict + [.enableExperimentalFeature("Lifetimes")]
    + (embedded ? [.enableExperimentalFeature("Embedded")] : [])
let host: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]

let deviceTargets: [Target] = [
    .target(name: "CoAP", swiftSettings: device),
    .target(name: "SeededRandom", swiftSettings: device),
    .target(name: "Flash", swiftSettings: device),
    .target(name: "FirmwareImage", dependencies: ["Flash"], swiftSettings: device),
    .target(name: "Manifest", dependencies: ["FirmwareImage", "Flash"], swiftSettings: device),
    .target(name: "Payload", swiftSettings: device),
    .target(name: "Bootloader", dependencies: ["Flash", "FirmwareImage"], swiftSettings: device),
    .target(
        name: "UpdateClient",
        dependencies: ["CoAP", "Flash", "FirmwareImage", "Bootloader", "SeededRandom"],
        swiftSettings: device
    ),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")

let mutantTargets: [Target] = [
    .target(
        name: "FlashEmulator",
        dependencies: ["Bootloader", "FirmwareImage", "Flash", "SeededRandom"],
        swiftSettings: host
    ),
    .target(
        name: "PowerFail",
        dependencies: [
            "Bootloader", "CoAP", "FirmwareImage", "Flash", "FlashEmulator", "SeededRandom", "UpdateClient",
        ],
        swiftSettings: host
    ),
    .executableTarget(
        name: "mutant-check",
        dependencies: ["Flash", "PowerFail"],
        path: "Tools/mutant-check",
        swiftSettings: host
    ),
    .testTarget(
        name: "BootloaderTests",
        dependencies: ["Bootloader", "FirmwareImage", "Flash", "FlashEmulator", "SeededRandom"],
        swiftSettings: host
    ),
]

let hostTargets: [Target] = [
    .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
    .systemLibrary(name: "CDivSufSort", pkgConfig: "libdivsufsort", providers: [.apt(["libdivsufsort-dev"])]),
    .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
    .systemLibrary(name: "CCoAP", pkgConfig: "libcoap-3-gnutls", providers: [.apt(["libcoap3-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "HostSupport", dependencies: ["CLinux"], swiftSettings: host),
    .target(name: "CommandSupport", dependencies: ["HostSupport", arguments], swiftSettings: host),
    .target(name: "Credentials", dependencies: ["HostSupport", crypto], swiftSettings: host),
    .target(name: "FirmwareText", dependencies: ["FirmwareImage"], swiftSettings: host),
    .target(name: "HostCryptography", dependencies: ["FirmwareImage", crypto, cryptoExtras], swiftSettings: host),
    .target(
        name: "FlashEmulator",
        dependencies: ["Bootloader", "FirmwareImage", "Flash", "SeededRandom"],
        swiftSettings: host
    ),
    .target(name: "LinkEmulator", dependencies: ["SeededRandom"], swiftSettings: host),
    .target(name: "DTLS", dependencies: ["CGnuTLS"], swiftSettings: host),
    .target(
        name: "CUDPSockets",
        cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]
    ),
    .target(name: "UDPSockets", dependencies: ["CUDPSockets", "Endpoint"], swiftSettings: host),
    .target(
        name: "FirmwarePackaging",
        dependencies: [
            "Bootloader", "CDivSufSort", "CLZMA", "CoAP", "FirmwareImage", "Flash", "HostCryptography", "HostSupport",
            "Manifest", "Payload", crypto, asn1,
        ],
        swiftSettings: host
    ),
    .target(name: "Endpoint", dependencies: ["CoAP", "Credentials", "DTLS", crypto], swiftSettings: host),
    .target(
        name: "FirmwareServer",
        dependencies: [
            "CoAP", "Credentials", "DTLS", "Endpoint", "FirmwareImage", "FirmwarePackaging", "FirmwareText",
            "HostSupport", "UDPSockets", nio, nioPosix, logging,
        ],
        swiftSettings: host
    ),
    .executableTarget(
        name: "coap-fw-server",
        dependencies: ["CommandSupport", "FirmwareServer", "HostSupport", arguments, logging],
        swiftSettings: host
    ),
    .executableTarget(
        name: "coap-fw-client",
        dependencies: [
            "Bootloader", "CoAP", "CommandSupport", "Credentials", "DTLS", "FirmwareImage", "FirmwareText", "Flash",
            "FlashEmulator", "HostCryptography", "HostSupport", "SeededRandom", "UpdateClient", arguments, nio,
            nioPosix,
        ],
        swiftSettings: host
    ),
    .executableTarget(
        name: "coap-fw-tool",
        dependencies: [
            "Bootloader", "CCoAP", "CommandSupport", "Credentials", "FirmwareImage", "FirmwarePackaging",
            "FirmwareText", "Flash", "FlashEmulator", "HostCryptography", "HostSupport", "UpdateClient", arguments,
        ],
        path: "Tools/coap-fw-tool",
        swiftSettings: host
    ),
    .executableTarget(
        name: "coap-fw-link",
        dependencies: ["CommandSupport", "HostSupport", "LinkEmulator", arguments, nio, nioPosix],
        path: "Tools/coap-fw-link",
        swiftSettings: host
    ),
    .target(
        name: "PowerFail",
        dependencies: [
            "Bootloader", "CoAP", "FirmwareImage", "Flash", "FlashEmulator", "HostCryptography", "SeededRandom",
            "UpdateClient", crypto,
        ],
        swiftSettings: host
    ),
    .executableTarget(
        name: "coap-fw-bench",
        dependencies: [
            "CoAP", "CommandSupport", "DTLS", "Endpoint", "FirmwarePackaging", "LinkEmulator", "Payload", "PowerFail",
            "SeededRandom", "UDPSockets", "UpdateClient", arguments,
        ],
        path: "Tools/coap-fw-bench",
        swiftSettings: host
    ),
    .target(
        name: "TestSupport",
        dependencies: ["FirmwareImage", "FirmwarePackaging"],
        path: "Tests/TestSupport",
        swiftSettings: host
    ),
    .testTarget(
        name: "CredentialsTests",
        dependencies: ["Credentials", "HostSupport", "SeededRandom", "TestSupport"],
        swiftSettings: host
    ),
    .testTarget(
        name: "HostSupportTests",
        dependencies: ["CommandSupport", "HostSupport", "TestSupport"],
        swiftSettings: host
    ),
    .testTarget(name: "CoAPTests", dependencies: ["CoAP", "CCoAP", "SeededRandom"], swiftSettings: host),
    .testTarget(
        name: "EndpointTests",
        dependencies: ["CoAP", "Credentials", "DTLS", "Endpoint", "SeededRandom", "TestSupport"],
        swiftSettings: host
    ),
    .testTarget(name: "DTLSTests", dependencies: ["DTLS", "SeededRandom"], swiftSettings: host),
    .testTarget(
        name: "FirmwareImageTests",
        dependencies: ["FirmwareImage", "HostCryptography", "SeededRandom", crypto],
        swiftSettings: host
    ),
    .testTarget(
        name: "BootloaderTests",
        dependencies: [
            "Bootloader", "FirmwareImage", "Flash", "FlashEmulator", "HostCryptography", "SeededRandom", crypto,
        ],
        swiftSettings: host
    ),
    .testTarget(
        name: "FlashEmulatorTests",
        dependencies: ["Bootloader", "FirmwareImage", "Flash", "FlashEmulator", "SeededRandom"],
        swiftSettings: host
    ),
    .testTarget(
        name: "UpdateClientTests",
        dependencies: [
            "Bootloader", "CoAP", "FirmwareImage", "Flash", "FlashEmulator", "HostCryptography", "SeededRandom",
            "UpdateClient", crypto,
        ],
        swiftSettings: host
    ),
    .testTarget(
        name: "FirmwareServerTests",
        dependencies: [
            "CoAP", "Credentials", "DTLS", "Endpoint", "FirmwareImage", "FirmwarePackaging", "FirmwareServer",
            "FirmwareText", "CLinux", "HostSupport", "SeededRandom", "TestSupport", nio, nioPosix, logging, crypto,
        ],
        swiftSettings: host
    ),
    .testTarget(
        name: "FirmwarePackagingTests",
        dependencies: ["FirmwareImage", "FirmwarePackaging", "HostCryptography", crypto],
        swiftSettings: host
    ),
    .testTarget(
        name: "ManifestTests",
        dependencies: [
            "FirmwareImage", "FirmwarePackaging", "HostCryptography", "Manifest", "SeededRandom", "TestSupport", crypto,
        ],
        swiftSettings: host
    ),
    .testTarget(
        name: "PayloadTests",
        dependencies: ["FirmwarePackaging", "Payload", "SeededRandom"],
        swiftSettings: host
    ),
    .testTarget(name: "UDPSocketsTests", dependencies: ["Endpoint", "UDPSockets"], swiftSettings: host),
    .testTarget(name: "LinkEmulatorTests", dependencies: ["LinkEmulator", "SeededRandom"], swiftSettings: host),
    .testTarget(
        name: "Simulation",
        dependencies: [
            "Bootloader", "CoAP", "Credentials", "FirmwareImage", "FirmwarePackaging", "FirmwareServer", "Flash",
            "FlashEmulator", "HostCryptography", "LinkEmulator", "SeededRandom", "UpdateClient", crypto,
        ],
        swiftSettings: host
    ),
    .testTarget(
        name: "PowerFailTests",
        dependencies: ["Bootloader", "FirmwareImage", "Flash", "PowerFail"],
        swiftSettings: host
    ),
    .testTarget(
        name: "ToolTests",
        dependencies: [
            "Bootloader", "CoAP", "Endpoint", "Flash", "FlashEmulator", "coap-fw-bench", "coap-fw-tool", "coap-fw-link",
            "coap-fw-client", "coap-fw-server",
        ],
        swiftSettings: host
    ),
    .testTarget(name: "LinkToolTests", dependencies: ["coap-fw-link"], swiftSettings: host),
    .testTarget(
        name: "Interop",
        dependencies: [
            "Bootloader", "FirmwareImage", "FirmwarePackaging", "Flash", "FlashEmulator", "HostCryptography",
            "Manifest", "coap-fw-tool", "coap-fw-link", "coap-fw-client", "coap-fw-server",
        ],
        swiftSettings: host
    ),
]

let package = Package(
    name: "coap-fw",
    dependencies: embedded || mutants
        ? []
        : [
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
            .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
            .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
            .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        ],
    targets: deviceTargets
        + (embedded
            ? [
                .executableTarget(
                    name: "embedded-selftest",
                    dependencies: [
                        "Bootloader", "CoAP", "FirmwareImage", "Flash", "Manifest", "Payload", "UpdateClient",
                    ],
                    path: "Tools/embedded-selftest",
                    swiftSettings: device + [.enableExperimentalFeature("Extern")],
                    // The self-test counts what the device modules take from the heap.
                    linkerSettings: [.unsafeFlags(["-Xlinker", "--wrap=posix_memalign"])]
                )
            ]
            : mutants ? mutantTargets : hostTargets),
    swiftLanguageModes: [.v6]
)
