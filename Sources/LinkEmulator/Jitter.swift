#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// How the delay of one datagram differs from that of another.
public struct Jitter: Equatable, Sendable {
    /// The distribution that each datagram's extra delay is drawn from, for itself.
    public enum Distribution: Equatable, Sendable {
        /// Every delay from 0 to the amount is as likely.
        case uniform
        /// Pareto's, of this shape and with the amount as its mean: most delays are short, few are very long. Cut off
        /// at
        /// ``Jitter/longestParetoMeans`` times the mean. Shape: above 1, at most 100.
        case pareto(shape: Double)
    }

    /// No delay from Pareto's distribution is longer than this many times its mean.
    public static let longestParetoMeans: Int64 = 100

    /// The longest extra delay (uniform) or its mean (Pareto).
    public let amount: Duration
    /// How the extra delay is distributed.
    public let distribution: Distribution
    /// A datagram that would overtake another arrives with it, as on a link that repeats lost frames in order.
    public let keepsOrder: Bool

    /// No extra delay.
    public static let none = Jitter(amount: .zero)

    /// See the properties.
    public init(amount: Duration, distribution: Distribution = .uniform, keepsOrder: Bool = false) {
        self.amount = amount
        self.distribution = distribution
        self.keepsOrder = keepsOrder
    }

    /// - Parameter random: 64 random bits.
    /// - Returns: nanoseconds.
    @inline(__always)
    func nanoseconds(_ random: UInt64) -> Int64 {
        let amount = amount.wholeNanoseconds
        guard amount > 0 else { return 0 }
        switch distribution {
        case .uniform:
            return Int64(random.multipliedFullWidth(by: UInt64(amount) + 1).high)
        case .pareto(let shape):
            // The inverse of the distribution function at a number from (0, 1].
            let share = Double((random >> 11) + 1) * 0x1p-53
            let least = Double(amount) * (shape - 1) / shape
            return Int64(min(least * pow(share, -1 / shape), Double(amount * Self.longestParetoMeans)))
        }
    }
}
