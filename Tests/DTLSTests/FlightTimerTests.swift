import DTLS
import Testing

/// Round trips of a client's handshake, and the retransmission times that follow.
@Suite(.timeLimit(.minutes(15))) struct FlightTimerTests {
    @Test func aCleanFlightSetsTheNextOnesTimer() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.sent(sequence: 7, at: .seconds(5))
        timer.answered(sequence: nil, at: .milliseconds(5_100))
        #expect(timer.roundTrips?.lowerBound == .milliseconds(100))
        #expect(timer.retransmit == .milliseconds(150))
        timer.sent(sequence: 7, at: .milliseconds(5_100))
        timer.answered(sequence: nil, at: .milliseconds(5_400))
        #expect(timer.roundTrips?.lowerBound == .milliseconds(100))
        #expect(timer.roundTrips?.upperBound == .milliseconds(300))
        #expect(timer.retransmit == .milliseconds(450))
    }

    @Test func aRepeatedFlightOnlyMakesItWaitLonger() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.sent(sequence: 7, at: .zero)
        timer.repeated(sequence: 8, at: .seconds(1))
        timer.answered(sequence: nil, at: .milliseconds(1_100))
        #expect(timer.roundTrips == nil)
        #expect(timer.retransmit == .milliseconds(1_650))
        // The next flight is measured again.
        timer.sent(sequence: 7, at: .milliseconds(1_100))
        timer.answered(sequence: nil, at: .milliseconds(1_200))
        #expect(timer.roundTrips?.lowerBound == .milliseconds(100))
        #expect(timer.retransmit == .milliseconds(150))
    }

    /// Answers under the number of the hello that they are for.
    @Test(arguments: [(UInt64(0), 1_100), (1, 100)])
    func anAnswerThatSaysWhatItIsForMeasures(sequence: UInt64, milliseconds: Int) {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.sent(sequence: 0, at: .zero)
        timer.repeated(sequence: 1, at: .seconds(1))
        timer.answered(sequence: sequence, at: .milliseconds(1_100))
        #expect(timer.roundTrips?.lowerBound == .milliseconds(milliseconds))
        #expect(timer.retransmit == .milliseconds(milliseconds) * 3 / 2)
    }

    /// A copy goes out under the number of what it is a copy of.
    @Test func anAnswerToACopiedHelloMeasuresNothing() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.sent(sequence: 0, at: .zero)
        timer.repeated(sequence: 1, at: .seconds(1))
        timer.repeated(sequence: 1, at: .seconds(2))
        timer.answered(sequence: 1, at: .milliseconds(2_100))
        #expect(timer.roundTrips == nil)
        #expect(timer.retransmit == .milliseconds(3_150))
    }

    @Test func aFlightWithoutEndIsNotRememberedWithoutEnd() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        for sequence in 0..<UInt64(10_000) { timer.repeated(sequence: sequence, at: .seconds(Int64(sequence))) }
        timer.answered(sequence: 9_999, at: .seconds(10_000))
        #expect(timer.roundTrips == nil)
    }

    @Test func staysWithinItsBounds() {
        for elapsed in [Duration.zero, .seconds(-1), .nanoseconds(1), .seconds(3_600), .seconds(Int64.max)] {
            var timer = FlightTimer(initialRetransmit: .seconds(1))
            timer.sent(sequence: 7, at: .zero)
            timer.answered(sequence: nil, at: elapsed)
            #expect(timer.retransmit >= FlightTimer.shortestRetransmit)
            #expect(timer.retransmit <= FlightTimer.longestRetransmit)
            #expect(timer.roundTrips.map { $0.lowerBound >= .zero } == true)
        }
    }

    @Test func anAnswerToNothingMeasuresNothing() {
        var timer = FlightTimer(initialRetransmit: .seconds(1))
        timer.answered(sequence: nil, at: .seconds(1))
        #expect(timer.roundTrips == nil && timer.retransmit == .seconds(1))
    }

    @Test func aHandshakeWithoutLossShowsTheRoundTrip() throws {
        var pair = try TestPair()
        #expect(pair.client.session.handshakeRoundTrips == nil)
        try pair.connect()
        #expect(pair.client.session.handshakeRoundTrips != nil)
        #expect(pair.server.session?.handshakeRoundTrips == nil)
    }
}

/// Which lost flights come again, and what makes them.
@Suite(.timeLimit(.minutes(15))) struct FlightRepetitionTests {
    @Test func lostFinishedComesAgainForEachOfTheClients() throws {
        let client = try TestClient()
        let server = try TestServer()
        let hello = try only(client.receive(try only(try server.receive(try only(client.start())))))
        let finished = try only(client.receive(try only(try server.receive(hello))))
        #expect(try server.receive(finished).count == 1)
        #expect(server.events == [.established])
        for round in 0..<6 {
            // The same datagram again, as a copy in the network or a client without GnuTLS sends it.
            #expect(try server.receive(finished).count == 1, "copy \(round)")
            var again: [[UInt8]] = []
            while again.isEmpty, client.session.state == .handshaking { again = client.timerFired() }
            #expect(try server.receive(try only(again)).count == 1, "round \(round)")
        }
        // Nobody gets more than was sent: a short record that looks like the beginning of that flight is no reason.
        #expect(try server.receive(Array(finished.prefix(13 + Int(finished[12])))).isEmpty)
        // What the server sends then still ends the client's handshake.
        client.receive(try only(try server.receive(finished)))
        #expect(client.events == [.established])
    }

    @Test func aHelloThatComesAgainIsAnsweredAgain() throws {
        let client = try TestClient()
        let server = try TestServer()
        let hello = try only(client.receive(try only(try server.receive(try only(client.start())))))
        let first = try server.receive(hello)
        #expect(first.count == 1)
        for _ in 0..<6 {
            #expect(try server.receive(hello) == first)
            var again: [[UInt8]] = []
            while again.isEmpty { again = client.timerFired() }
            #expect(try server.receive(try only(again)) == first)
        }
        let finished = try only(client.receive(first[0]))
        client.receive(try only(try server.receive(finished)))
        #expect(client.events == [.established] && server.events == [.established])
    }
}
