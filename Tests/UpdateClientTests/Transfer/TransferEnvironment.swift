import Foundation

enum TransferEnvironment {
    static var seed: UInt64? { ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } }
}
