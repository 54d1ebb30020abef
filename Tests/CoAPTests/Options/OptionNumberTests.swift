import CoAP
import Testing

@Suite("Option numbers", .timeLimit(.minutes(15)))
struct OptionNumberTests {
    /// RFC 7252 table 4, RFC 7959 tables 1 and 5, RFC 7641 table 1, and the registrations since: number, C, U, N, R,
    /// bounds.
    static let table:
        [(option: OptionNumber, number: UInt16, flags: String, format: OptionFormat, bounds: ClosedRange<Int>)] = [
            (.ifMatch, 1, "C..R", .opaque, 0...8), (.uriHost, 3, "CU..", .string, 1...255),
            (.etag, 4, "...R", .opaque, 1...8), (.ifNoneMatch, 5, "C...", .empty, 0...0),
            (.observe, 6, ".U..", .uint, 0...3), (.uriPort, 7, "CU..", .uint, 0...2),
            (.locationPath, 8, "...R", .string, 0...255), (.oscore, 9, "C...", .opaque, 0...255),
            (.uriPath, 11, "CU.R", .string, 0...255), (.contentFormat, 12, "....", .uint, 0...2),
            (.maxAge, 14, ".U..", .uint, 0...4), (.uriQuery, 15, "CU.R", .string, 0...255),
            (.hopLimit, 16, "....", .uint, 1...1), (.accept, 17, "C...", .uint, 0...2),
            (.qBlock1, 19, "CU..", .uint, 0...3), (.locationQuery, 20, "...R", .string, 0...255),
            (.edhoc, 21, "C...", .empty, 0...0), (.block2, 23, "CU..", .uint, 0...3),
            (.block1, 27, "CU..", .uint, 0...3), (.size2, 28, "..N.", .uint, 0...4),
            (.qBlock2, 31, "CU.R", .uint, 0...3), (.proxyUri, 35, "CU..", .string, 1...1034),
            (.proxyScheme, 39, "CU..", .string, 1...255), (.size1, 60, "..N.", .uint, 0...4),
            (.echo, 252, "..N.", .opaque, 1...40), (.noResponse, 258, ".U..", .uint, 0...1),
            (.requestTag, 292, "...R", .opaque, 0...8),
            (.ocfAcceptContentFormatVersion, 2049, "C...", .uint, 0...2),
            (.ocfContentFormatVersion, 2053, "C...", .uint, 0...2),
        ]

    @Test func registeredOptionsAreAsTheRFCsSay() {
        for row in Self.table {
            #expect(row.option.rawValue == row.number)
            let option = row.option
            let flags =
                (option.isCritical ? "C" : ".") + (option.isUnsafe ? "U" : ".")
                + (!option.isUnsafe && option.isNoCacheKey ? "N" : ".") + (option.isRepeatable ? "R" : ".")
            #expect(flags == row.flags, "option \(row.number)")
            #expect(option.definition?.format == row.format)
            for length in 0...1100 {
                #expect(option.definition?.allows(byteCount: length) == row.bounds.contains(length))
            }
        }
    }

    @Test func everythingElseIsUnregistered() {
        let registered = Set(Self.table.map(\.number))
        for number in UInt16.min...UInt16.max where !registered.contains(number) {
            #expect(OptionNumber(rawValue: number).definition == nil)
            #expect(!OptionNumber(rawValue: number).isRepeatable)
        }
    }
}
