import CGnuTLS

extension DTLSServer {
    /// What an attempt has come to.
    public enum Outcome {
        /// The peer holds the key. The server's last flight is in the outgoing datagrams.
        case established(DTLSSession)
        /// It does not, or its flight was damaged or forged. The handshake goes on for a Finished that does better.
        case refused
        /// GnuTLS failed.
        case failed(DTLSError)
    }

    /// A handshake for a peer that has shown a valid cookie. The hello's datagram is to be given to it next.
    public func makeHandshake(for hello: VerifiedHello) -> ServerHandshake {
        ServerHandshake(hello)
    }

    /// Answers the hello of a handshake, for the first time or again.
    /// - Returns: why there can be no handshake; an alert is in the outgoing datagrams then.
    public func answerHello(of handshake: ServerHandshake) -> DTLSError? {
        outgoing.beginFlight()
        if handshake.isAnswered {
            guard handshake.answersLeft > 0 else { return nil }
            handshake.answersLeft -= 1
            outgoing.append(handshake.flight)
            return nil
        }
        guard let nonces = ServerNonces.generate() else { return .library(GNUTLS_E_RANDOM_FAILED) }
        handshake.nonces = nonces
        if let flight = helloAnswers.flight(for: handshake.hello, nonces) {
            handshake.flight = flight
            outgoing.append(flight)
            return nil
        }
        do {
            let session = try DTLSSession(server: self, prestate: handshake.prestate, nonces: nonces)
            if let error = session.takeHello(handshake.hello) { return error }
            let flight = outgoing.flight()
            guard !flight.isEmpty else { return .protocolViolation(GNUTLS_E_UNEXPECTED_PACKET) }
            handshake.flight = Array(flight.joined())
            let canBeMadeAgain = flight.count == 1 && helloAnswers.learn(handshake.flight, for: handshake.hello, nonces)
            if canBeMadeAgain { return nil }
            guard liveCount.value < LiveCount.maximum else {
                outgoing.discardFlight()
                return .library(GNUTLS_E_MEMORY_ERROR)
            }
            liveCount.value += 1
            handshake.liveCount = liveCount
            handshake.live = session
            return nil
        } catch {
            return error
        }
    }

    /// Tries whether the peer holds the key of the identity that it says it has, or the one before as long as that is
    /// good too. (A handshake that keeps its session has looked at the one key, and is not tried with another.)
    public func attempt(_ attempt: ServerHandshake.Attempt, in handshake: ServerHandshake) -> Outcome {
        let outcome = self.attempt(attempt, in: handshake, lookup)
        guard case .refused = outcome, handshake.live == nil, previousLookup(attempt.identity) != nil else {
            return outcome
        }
        return self.attempt(attempt, in: handshake, previousLookup)
    }

    private func attempt(
        _ attempt: ServerHandshake.Attempt,
        in handshake: ServerHandshake,
        _ lookup: @escaping KeyLookup
    ) -> Outcome {
        let session: DTLSSession
        let records: [UInt8]
        if let live = handshake.live {
            session = live
            records = live.claimedIdentity == nil ? handshake.lastFlight(attempt) : attempt.finished
        } else {
            do {
                session = try DTLSSession(
                    server: self,
                    prestate: handshake.prestate,
                    nonces: handshake.nonces,
                    lookup: lookup
                )
                outgoing.beginFlight()
                if let error = session.takeHello(handshake.hello) { return .failed(error) }
            } catch {
                return .failed(error)
            }
            // Otherwise the Finished would be one of another handshake.
            guard outgoing.flightEquals(handshake.flight) else {
                outgoing.discardFlight()
                return .failed(.library(GNUTLS_E_INTERNAL_ERROR))
            }
            outgoing.discardFlight()
            records = handshake.lastFlight(attempt)
        }
        outgoing.beginFlight()
        if session.takeLastFlight(records) { return .established(session) }
        outgoing.discardFlight()
        return .refused
    }

    /// Tells the peer that it has not proved to hold the key, in an alert that may be lost, a few times at most. RFC
    /// 4279 § 2: the same for a wrong key and for an unknown identity. Whoever has the right key and knows that its
    /// flight may have been damaged may send it again.
    public func refuse(_ handshake: ServerHandshake) {
        guard handshake.alertsLeft > 0 else { return }
        handshake.alertsLeft -= 1
        let sent = UInt16(ServerHandshake.maximumAlerts - handshake.alertsLeft)
        // Behind the records of the flight.
        let sequence = UInt16(truncatingIfNeeded: handshake.prestate.record_seq) &+ 15 &+ sent
        outgoing.beginFlight()
        outgoing.append(
            MessageAssembly.recordHeader(21, sequence: sequence, 2)
                + [UInt8(GNUTLS_AL_FATAL.rawValue), UInt8(GNUTLS_A_DECRYPT_ERROR.rawValue)]
        )
    }
}

extension ServerHandshake {
    /// ClientKeyExchange, ChangeCipherSpec and Finished as one datagram. The second says the same in every handshake,
    /// and need not have come.
    fileprivate func lastFlight(_ attempt: Attempt) -> [UInt8] {
        let sequence = UInt16(truncatingIfNeeded: prestate.record_seq) &+ 2
        let changeCipherSpec = MessageAssembly.recordHeader(20, sequence: sequence, 1) + [1]
        return attempt.keyExchange.record + changeCipherSpec + attempt.finished
    }
}
