/// What GnuTLS answers to hellos, so that it has to be asked once for hellos that differ in their randoms only: the
/// devices of a fleet send the same otherwise.
///
/// An answer is good for this when it is a ServerHello with the nonces that were asked for and a ServerHelloDone, in
/// one datagram. Then it is made again for another hello by putting that one's nonces into it. Whether GnuTLS would
/// have said the same is seen before a Finished is tried, see `DTLSServer.attempt`.
final class HelloAnswers {
    private var answers: [[UInt8]: [UInt8]] = [:]

    /// Hellos of so many forms are remembered; with more, it begins anew.
    private static let maximumForms = 64
    // Offsets in the datagram: a record's and a message's header, and the version before the random.
    private static let random = 27..<59
    private static let sessionID = 60..<92

    /// The answer to a hello, if one to its like is known.
    func flight(for hello: [UInt8], _ nonces: ServerNonces) -> [UInt8]? {
        guard let form = Self.form(of: hello), var flight = answers[form] else { return nil }
        flight.replaceSubrange(Self.random, with: nonces.random)
        flight.replaceSubrange(Self.sessionID, with: nonces.sessionID)
        return flight
    }

    /// Remembers an answer of GnuTLS.
    /// - Returns: whether it can be made again.
    func learn(_ flight: [UInt8], for hello: [UInt8], _ nonces: ServerNonces) -> Bool {
        guard let form = Self.form(of: hello), flight.count > Self.sessionID.upperBound,
            flight[13] == HandshakeFragment.serverHello, flight[Self.random].elementsEqual(nonces.random),
            Int(flight[59]) == ServerNonces.byteCount, flight[Self.sessionID].elementsEqual(nonces.sessionID)
        else { return false }
        let second = RecordScan.headerBytes + Int(flight[11]) << 8 + Int(flight[12])
        guard flight.count == second + RecordScan.headerBytes + HandshakeFragment.headerBytes,
            flight[second + RecordScan.headerBytes] == HandshakeFragment.serverHelloDone
        else { return false }
        if answers.count >= Self.maximumForms { answers.removeAll(keepingCapacity: true) }
        answers[form] = flight
        return true
    }

    /// A hello without its random, session identifier and cookie.
    private static func form(of hello: [UInt8]) -> [UInt8]? {
        // The end of the random: the headers, the version, and 32 bytes.
        var end = 59
        let start = Array(hello.prefix(27))
        for _ in 0..<2 {
            guard end < hello.count else { return nil }
            end += 1 + Int(hello[end])
        }
        guard end < hello.count else { return nil }
        // Lengths count the session identifier and the cookie, which answers do not depend on.
        return Array(start[10...10] + start[17..<19] + start[25..<27] + hello[end...])
    }
}
