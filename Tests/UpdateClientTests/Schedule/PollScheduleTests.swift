import SeededRandom
import Testing
import UpdateClient

@Suite(.timeLimit(.minutes(15))) struct PollScheduleTests {
    @Test func afterAnAnswerTheIntervalIsWaitedATenthMoreOrLess() {
        var schedule = PollSchedule(interval: .seconds(1000))
        var random = SplitMix64(seed: 1)
        let waits = (0..<1000).map { _ in schedule.wait(after: .done, random: &random) }
        #expect(waits.allSatisfy { (.seconds(900)) <= $0 && $0 <= .seconds(1100) })
        #expect(waits.min()! < .seconds(910) && waits.max()! > .seconds(1090))
    }

    @Test func failuresAreWaitedOutEverLongerUpToTheInterval() {
        var random = SplitMix64(seed: 2)
        var longest = [Duration](repeating: .zero, count: 12)
        var shortest = [Duration](repeating: .seconds(1 << 20), count: 12)
        for _ in 0..<500 {
            var schedule = PollSchedule(interval: .seconds(3600), firstRetry: .seconds(30))
            for index in 0..<12 {
                let wait = schedule.wait(after: .failed, random: &random)
                longest[index] = max(longest[index], wait)
                shortest[index] = min(shortest[index], wait)
            }
        }
        for index in 0..<12 {
            let middle = min(Duration.seconds(30) * (1 << index), .seconds(3600))
            #expect(shortest[index] >= middle / 2 && shortest[index] < middle * 6 / 10, "\(index)")
            #expect(longest[index] <= middle * 3 / 2 && longest[index] > middle * 14 / 10, "\(index)")
        }
    }

    @Test func progressAndAnswersEndTheBackoff() {
        for attempt in [PollSchedule.Attempt.done, .interrupted] {
            var schedule = PollSchedule(interval: .seconds(86_400))
            var random = SplitMix64(seed: 3)
            for _ in 0..<40 { _ = schedule.wait(after: .failed, random: &random) }
            _ = schedule.wait(after: attempt, random: &random)
            #expect(schedule.wait(after: .failed, random: &random) <= .seconds(45))
        }
    }

    /// An interval shorter than the first retry is kept.
    @Test func aFailureIsNotWaitedOutLongerThanAnAnswer() {
        var schedule = PollSchedule(interval: .seconds(2))
        var random = SplitMix64(seed: 4)
        for _ in 0..<20 { #expect(schedule.wait(after: .failed, random: &random) <= .seconds(3)) }
    }
}
