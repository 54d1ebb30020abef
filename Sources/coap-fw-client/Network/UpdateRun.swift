import Bootloader
import FlashEmulator
import HostSupport
import NIOCore
import NIOPosix

/// One update, from opening the flash to its outcome.
struct UpdateRun {
    let options: UpdateOptions
    /// Whether an image is taken that was refused before.
    var retriesRefused = false
    var isSilent = false

    /// Updates.
    ///
    /// - Parameter stop: what ends it early.
    /// - Returns: what came of it.
    /// - Throws: `Failure`, before anything was asked of the server.
    func perform(until stop: StopRequest) throws -> UpdateResult {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        let promise = loop.makePromise(of: UpdateResult.self)
        let driver = loop.submit { () throws -> NIOLoopBound<UpdateDriver> in
            let file = try options.openFlash()
            let settings = try options.settings(file.map, retriesRefused: retriesRefused, isSilent: isSilent)
            let driver = UpdateDriver(settings: settings, flash: file, loop: loop, promise: promise)
            return NIOLoopBound(driver, eventLoop: loop)
        }
        let bound: NIOLoopBound<UpdateDriver>
        do {
            bound = try driver.wait()
        } catch {
            promise.fail(error)
            throw error
        }
        // Before the start: a request that came already must find a driver that has begun.
        loop.execute { bound.value.start() }
        stop.whenRequested { loop.execute { bound.value.stop() } }
        defer { stop.whenRequested(nil) }
        return try promise.futureResult.wait()
    }
}
