import DTLS
import Testing

/// Round trips of a client's handshake, and the retransmission times that follow.
@Suite struct FlightTimerTests {
    @Test func aCleanFlightSetsTheNextOnesTimer() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.sent(at: .seconds(5))
        timer.answered(at: .milliseconds(5_100))
        #expect(timer.roundTrip == .milliseconds(100))
        #expect(timer.retransmit == .milliseconds(150))
        timer.sent(at: .milliseconds(5_100))
        timer.answered(at: .milliseconds(5_400))
        #expect(timer.roundTrip == .milliseconds(100))
        #expect(timer.retransmit == .milliseconds(450))
    }

    @Test func aRepeatedFlightOnlyMakesItWaitLonger() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.sent(at: .zero)
        timer.repeated()
        timer.answered(at: .milliseconds(1_100))
        #expect(timer.roundTrip == nil)
        #expect(timer.retransmit == .milliseconds(1_650))
        // The next flight is measured again.
        timer.sent(at: .milliseconds(1_100))
        timer.answered(at: .milliseconds(1_200))
        #expect(timer.roundTrip == .milliseconds(100))
        #expect(timer.retransmit == .milliseconds(150))
    }

    @Test func staysWithinItsBounds() {
        for elapsed in [Duration.zero, .seconds(-1), .nanoseconds(1), .seconds(3_600), .seconds(Int64.max)] {
            var timer = FlightTimer(initialRetransmit: .seconds(1))
            timer.sent(at: .zero)
            timer.answered(at: elapsed)
            #expect(timer.retransmit >= FlightTimer.shortestRetransmit)
            #expect(timer.retransmit <= FlightTimer.longestRetransmit)
            #expect(timer.roundTrip.map { $0 >= .zero } == true)
        }
    }

    @Test func anAnswerToNothingMeasuresNothing() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.answered(at: .seconds(1))
        #expect(timer.roundTrip == nil && timer.retransmit == .seconds(1))
    }

    @Test func aHandshakeWithoutLossShowsTheRoundTrip() throws {
        var pair = try TestPair()
        #expect(pair.client.session.handshakeRoundTrip == nil)
        try pair.connect()
        #expect(pair.client.session.handshakeRoundTrip != nil)
        #expect(pair.server.session?.handshakeRoundTrip == nil)
    }

    /// Every flight sent twice: nothing can be told from that.
    @Test func aHandshakeWithEveryFlightRepeatedShowsNone() throws {
        let client = try TestClient()
        let server = try TestServer()
        var flight = client.start()
        for _ in 0..<3 {
            _ = client.timerFired()
            flight = try server.receive(try only(flight))
            flight = client.receive(try only(flight))
        }
        #expect(client.events == [.established])
        #expect(client.session.handshakeRoundTrip == nil)
    }
}
