/// Which datagrams are lost: each for itself, or in bursts by Gilbert's two-state chain, in which nothing is lost in
/// the good state and everything in the bad one (Gilbert 1960).
///
/// With mean burst length B the bad state is left with probability 1/B; it is entered with loss/(B·(1 − loss)), which
/// keeps the average loss.
struct LossModel: Sendable {
    private let average: Chance
    /// Lost, if the datagram before was not.
    private let afterArrival: Chance
    /// Lost, if the datagram before was.
    private let afterLoss: Chance

    init(loss: Double, meanBurstLength: Double?) {
        average = Chance(loss)
        if let meanBurstLength, loss > 0, loss < 1 {
            afterArrival = Chance(loss / (meanBurstLength * (1 - loss)))
            afterLoss = Chance(1 - 1 / meanBurstLength)
        } else {
            afterArrival = average
            afterLoss = average
        }
    }

    /// - Parameters:
    ///   - random: 64 random bits.
    ///   - first: The first datagram: the chain starts in its stationary distribution.
    ///   - inBurst: The datagram before was lost.
    /// - Returns: This one is lost.
    @inline(__always)
    func loses(_ random: UInt64, first: Bool, inBurst: Bool) -> Bool {
        (first ? average : inBurst ? afterLoss : afterArrival).happens(random)
    }
}
