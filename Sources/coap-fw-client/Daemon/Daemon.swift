import Bootloader
import HostSupport
import SeededRandom
import UpdateClient

/// A device that runs by itself: asks its server regularly, reboots when it may, and confirms a trial that works.
///
/// A trial is confirmed when the health check passes and the server answers the new firmware: one that cannot be
/// updated again must not stay. A trial that fails the check, or does not reach the server in time, is rebooted, which
/// goes back.
struct Daemon {
    let options: UpdateOptions
    let policy: RebootPolicy
    /// Exit code 0: the trial works. Nil: only the server has to answer.
    let healthCheck: ShellCommand?
    let healthTimeout: Duration
    let trialTimeout: Duration
    let log: DaemonLog
    var schedule: PollSchedule
    var random = SplitMix64(seed: UInt64.random(in: .min ... .max))
    /// When this process first saw the trial that runs.
    private var trialSeen: Duration?
    private let stop = StopRequest()

    init(
        options: UpdateOptions,
        policy: RebootPolicy,
        schedule: PollSchedule,
        healthCheck: ShellCommand?,
        healthTimeout: Duration,
        trialTimeout: Duration,
        log: DaemonLog
    ) {
        self.options = options
        self.policy = policy
        self.schedule = schedule
        self.healthCheck = healthCheck
        self.healthTimeout = healthTimeout
        self.trialTimeout = trialTimeout
        self.log = log
    }

    private var device: EmulatedDevice { EmulatedDevice(path: options.flash) }

    /// Runs until a signal.
    ///
    /// - Throws: what keeps it from beginning: a flash that cannot be read, a key that is not there.
    mutating func run() throws(Failure) {
        let signals = stop.listen(wakes: true)
        defer { signals.cancel() }
        // What is wrong from the start is no reason to wait.
        do throws(Failure) {
            _ = try device.status()
        } catch {
            // Another process may have the flash for a moment.
            guard error.status == .interrupted else { throw error }
        }
        try options.checkKey()
        while !stop.isRequested {
            let wait: Duration?
            do throws(Failure) {
                wait = try step()
            } catch {
                log.report("failed", error)
                wait = schedule.wait(after: .failed, random: &random)
            }
            guard let wait, !stop.isRequested else { continue }
            log.say("waiting", "next look in \(wait.text)") { $0.set("wait_ms", wait.milliseconds) }
            stop.pause(wait)
        }
    }

    /// Does the next thing.
    ///
    /// - Returns: how long to wait; nil: there is more to do.
    private mutating func step() throws(Failure) -> Duration? {
        let status = try device.status()
        guard status.state == .trial else {
            trialSeen = nil
            return try status.state == .swapping ? reboot() : atRest(status.state)
        }
        return try onTrial(status)
    }

    private mutating func atRest(_ state: DeviceStatus.State) throws(Failure) -> Duration? {
        if state == .committed, policy.wait() == .zero { return try reboot() }
        let attempt = try update()
        guard !stop.isRequested else { return nil }
        let wait = schedule.wait(after: attempt, random: &random)
        guard try device.status().state == .committed, let untilReboot = policy.wait() else { return wait }
        return untilReboot == .zero ? nil : min(wait, untilReboot)
    }

    private mutating func onTrial(_ status: DeviceStatus) throws(Failure) -> Duration? {
        let seen = trialSeen ?? Uptime.now
        trialSeen = seen
        let version = status.runningVersion ?? "the image"
        if let problem = healthProblem(version) {
            log.report("unhealthy", Failure(.refusedData, "\(version) is on trial and goes back: \(problem)")) {
                $0.set("version", version)
            }
            return try reboot()
        }
        let attempt = try update()
        guard !stop.isRequested else { return nil }
        if attempt == .done {
            let report = try device.confirm()
            log.say("confirmed", "\(report.image.version.text) is confirmed") {
                $0.set("version", report.image.version.text)
            }
            return nil
        }
        guard Uptime.now - seen < trialTimeout else {
            let message = "\(version) is on trial and goes back: it did not reach the server in \(trialTimeout.text)"
            log.report("unhealthy", Failure(.unavailable, message)) { $0.set("version", version) }
            return try reboot()
        }
        return min(schedule.wait(after: attempt, random: &random), max(.seconds(1), trialTimeout - (Uptime.now - seen)))
    }

    /// Why the health check does not pass; nil: it does.
    private func healthProblem(_ version: String) -> String? {
        guard let healthCheck else { return nil }
        let environment = [("COAP_FW_VERSION", version), ("COAP_FW_FLASH", options.flash)]
        return switch healthCheck.run(environment: environment, timeout: healthTimeout) {
        case .exited(0): nil
        case .exited(let code): "the health check ended with \(code)"
        case .killed(let signal): "the health check was killed by signal \(signal)"
        case .timedOut: "the health check took more than \(healthTimeout.text)"
        case .notStarted(let reason): "the health check was not started: \(reason)"
        }
    }

    /// - Returns: nil; but how long to wait if the boot did not do what was asked for, so that it is not asked again at
    ///   once.
    private mutating func reboot() throws(Failure) -> Duration? {
        let report = try device.boot()
        trialSeen = nil
        let refusal = report.refusal.map { "; not swapped: \($0.text)" } ?? ""
        log.say("rebooted", "rebooted: running \(report.image.version.text)\(report.action.text)\(refusal)") {
            $0.set("version", report.image.version.text)
            $0.set("action", report.action.name)
            $0.set("trial", flag: report.isTrial)
            $0.set("refused", report.refusal?.text)
        }
        return report.action == .none && !report.resumedSwap ? schedule.wait(after: .failed, random: &random) : nil
    }

    /// Asks the server, and downloads what is new. On trial it says no more than whether the server answers.
    private func update() throws(Failure) -> PollSchedule.Attempt {
        let result: UpdateResult
        do {
            result = try UpdateRun(options: options, isSilent: true).perform(until: stop)
        } catch {
            throw error as? Failure ?? Failure(.interrupted, "\(error)")
        }
        if case .interrupted(.stopped) = result.outcome { return .interrupted }
        if case .interrupted(.trialUnconfirmed) = result.outcome { return .done }
        let report = UpdateReport(result, options: options)
        if let failure = report.failure {
            log.report("checked", failure) { $0.set("update", value: report.object.value) }
        } else {
            log.say("checked", report.success) { $0.set("update", value: report.object.value) }
        }
        return PollSchedule.Attempt(result)
    }
}

extension PollSchedule.Attempt {
    fileprivate init(_ result: UpdateResult) {
        switch result.outcome {
        case .committed, .upToDate, .withdrawn, .refused, .refusedEarlier: self = .done
        case .notAuthorised, .unknownProduct, .rejected, .unreachable, .misconfigured: self = .failed
        case .interrupted:
            self = result.statistics.blocksStored > result.statistics.resumedBlocks ? .interrupted : .failed
        }
    }
}
