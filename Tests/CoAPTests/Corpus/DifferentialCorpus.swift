// Datagrams that differential runs singled out: the shortest of each kind that was met, and the borders between kinds.
extension CorpusEntry {
    static let all: [CorpusEntry] = [
        CorpusEntry(
            "empty acknowledgement",
            "60008439",
            .bothAccept,
            .read(.emptyAcknowledgement)
        ),
        CorpusEntry(
            "ping",
            "40000be2",
            .bothAccept,
            .read(.ping)
        ),
        CorpusEntry(
            "request",
            "50071dcd",
            .bothAccept,
            .read(.request)
        ),
        CorpusEntry(
            "reset",
            "7000bec0",
            .bothAccept,
            .read(.reset)
        ),
        CorpusEntry(
            "response",
            "50906542",
            .bothAccept,
            .read(.response)
        ),
        CorpusEntry(
            "unacceptable ignore",
            "70dd80c6",
            .bothAccept,
            .read(.unacceptable(.ignore))
        ),
        CorpusEntry(
            "unacceptable reset permitted",
            "5000a50d",
            .bothAccept,
            .read(.unacceptable(.resetPermitted(messageID: 0xA50D)))
        ),
        CorpusEntry(
            "unacceptable reset required",
            "40ee8056",
            .bothAccept,
            .read(.unacceptable(.resetRequired(messageID: 0x8056)))
        ),
        CorpusEntry(
            "content in empty message acknowledgement",
            "6200ca3d",
            .bothReject,
            .failed(.malformed(.contentInEmptyMessage, type: .acknowledgement, messageID: 0xCA3D))
        ),
        CorpusEntry(
            "content in empty message confirmable",
            "48007153",
            .bothReject,
            .failed(.malformed(.contentInEmptyMessage, type: .confirmable, messageID: 0x7153))
        ),
        CorpusEntry(
            "content in empty message non confirmable",
            "51006186",
            .bothReject,
            .failed(.malformed(.contentInEmptyMessage, type: .nonConfirmable, messageID: 0x6186))
        ),
        CorpusEntry(
            "content in empty message reset",
            "720064d1",
            .bothReject,
            .failed(.malformed(.contentInEmptyMessage, type: .reset, messageID: 0x64D1))
        ),
        CorpusEntry(
            "missing payload acknowledgement",
            "6003adebff",
            .bothReject,
            .failed(.malformed(.missingPayload, type: .acknowledgement, messageID: 0xADEB))
        ),
        CorpusEntry(
            "missing payload confirmable",
            "400325e5ff",
            .bothReject,
            .failed(.malformed(.missingPayload, type: .confirmable, messageID: 0x25E5))
        ),
        CorpusEntry(
            "missing payload non confirmable",
            "5005e906ff",
            .bothReject,
            .failed(.malformed(.missingPayload, type: .nonConfirmable, messageID: 0xE906))
        ),
        CorpusEntry(
            "missing payload reset",
            "704324a3ff",
            .bothReject,
            .failed(.malformed(.missingPayload, type: .reset, messageID: 0x24A3))
        ),
        CorpusEntry(
            "option number overflow acknowledgement",
            "60c8f300e0fff2",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .acknowledgement, messageID: 0xF300))
        ),
        CorpusEntry(
            "option number overflow confirmable",
            "40014300e0ffff",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .confirmable, messageID: 0x4300))
        ),
        CorpusEntry(
            "option number overflow non confirmable",
            "5001c800e1feff",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .nonConfirmable, messageID: 0xC800))
        ),
        CorpusEntry(
            "option number overflow reset",
            "7007e900e0fffe",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .reset, messageID: 0xE900))
        ),
        CorpusEntry(
            "reserved option delta acknowledgement",
            "60012b00f0",
            .bothReject,
            .failed(.malformed(.reservedOptionDelta, type: .acknowledgement, messageID: 0x2B00))
        ),
        CorpusEntry(
            "reserved option delta confirmable",
            "40013000f0",
            .bothReject,
            .failed(.malformed(.reservedOptionDelta, type: .confirmable, messageID: 0x3000))
        ),
        CorpusEntry(
            "reserved option delta non confirmable",
            "50017700f0",
            .bothReject,
            .failed(.malformed(.reservedOptionDelta, type: .nonConfirmable, messageID: 0x7700))
        ),
        CorpusEntry(
            "reserved option delta reset",
            "70926800f0",
            .bothReject,
            .failed(.malformed(.reservedOptionDelta, type: .reset, messageID: 0x6800))
        ),
        CorpusEntry(
            "reserved option length acknowledgement",
            "600904ddcf",
            .bothReject,
            .failed(.malformed(.reservedOptionLength, type: .acknowledgement, messageID: 0x04DD))
        ),
        CorpusEntry(
            "reserved option length confirmable",
            "4001ce000f",
            .bothReject,
            .failed(.malformed(.reservedOptionLength, type: .confirmable, messageID: 0xCE00))
        ),
        CorpusEntry(
            "reserved option length non confirmable",
            "5001ec00cf",
            .bothReject,
            .failed(.malformed(.reservedOptionLength, type: .nonConfirmable, messageID: 0xEC00))
        ),
        CorpusEntry(
            "reserved option length reset",
            "7001f3000f",
            .bothReject,
            .failed(.malformed(.reservedOptionLength, type: .reset, messageID: 0xF300))
        ),
        CorpusEntry(
            "reserved token length acknowledgement",
            "694534a9",
            .bothReject,
            .failed(.malformed(.reservedTokenLength(9), type: .acknowledgement, messageID: 0x34A9))
        ),
        CorpusEntry(
            "reserved token length confirmable",
            "4bfdf1e9",
            .bothReject,
            .failed(.malformed(.reservedTokenLength(11), type: .confirmable, messageID: 0xF1E9))
        ),
        CorpusEntry(
            "reserved token length non confirmable",
            "5cfa6f0f",
            .bothReject,
            .failed(.malformed(.reservedTokenLength(12), type: .nonConfirmable, messageID: 0x6F0F))
        ),
        CorpusEntry(
            "reserved token length reset",
            "79632c90",
            .bothReject,
            .failed(.malformed(.reservedTokenLength(9), type: .reset, messageID: 0x2C90))
        ),
        CorpusEntry(
            "truncated option header acknowledgement",
            "6002a7b7d1",
            .bothReject,
            .failed(.malformed(.truncatedOptionHeader, type: .acknowledgement, messageID: 0xA7B7))
        ),
        CorpusEntry(
            "truncated option header confirmable",
            "400188a2d2",
            .bothReject,
            .failed(.malformed(.truncatedOptionHeader, type: .confirmable, messageID: 0x88A2))
        ),
        CorpusEntry(
            "truncated option header non confirmable",
            "50a77463ed",
            .bothReject,
            .failed(.malformed(.truncatedOptionHeader, type: .nonConfirmable, messageID: 0x7463))
        ),
        CorpusEntry(
            "truncated option header reset",
            "7004ff9be6",
            .bothReject,
            .failed(.malformed(.truncatedOptionHeader, type: .reset, messageID: 0xFF9B))
        ),
        CorpusEntry(
            "truncated option value acknowledgement",
            "60c0d4a86b",
            .bothReject,
            .failed(.malformed(.truncatedOptionValue, type: .acknowledgement, messageID: 0xD4A8))
        ),
        CorpusEntry(
            "truncated option value confirmable",
            "40208300c1",
            .bothReject,
            .failed(.malformed(.truncatedOptionValue, type: .confirmable, messageID: 0x8300))
        ),
        CorpusEntry(
            "truncated option value non confirmable",
            "503356cbca",
            .bothReject,
            .failed(.malformed(.truncatedOptionValue, type: .nonConfirmable, messageID: 0x56CB))
        ),
        CorpusEntry(
            "truncated option value reset",
            "707c001dab",
            .bothReject,
            .failed(.malformed(.truncatedOptionValue, type: .reset, messageID: 0x001D))
        ),
        CorpusEntry(
            "truncated token acknowledgement",
            "67bc6272",
            .bothReject,
            .failed(.malformed(.truncatedToken, type: .acknowledgement, messageID: 0x6272))
        ),
        CorpusEntry(
            "truncated token confirmable",
            "43af3aba",
            .bothReject,
            .failed(.malformed(.truncatedToken, type: .confirmable, messageID: 0x3ABA))
        ),
        CorpusEntry(
            "truncated token non confirmable",
            "525e2f06",
            .bothReject,
            .failed(.malformed(.truncatedToken, type: .nonConfirmable, messageID: 0x2F06))
        ),
        CorpusEntry(
            "truncated token reset",
            "73a872f0",
            .bothReject,
            .failed(.malformed(.truncatedToken, type: .reset, messageID: 0x72F0))
        ),
        CorpusEntry(
            "truncated 0",
            "",
            .bothReject,
            .failed(.truncated(byteCount: 0))
        ),
        CorpusEntry(
            "truncated 1",
            "72",
            .bothReject,
            .failed(.truncated(byteCount: 1))
        ),
        CorpusEntry(
            "truncated 2",
            "41e4",
            .bothReject,
            .failed(.truncated(byteCount: 2))
        ),
        CorpusEntry(
            "truncated 3",
            "500760",
            .bothReject,
            .failed(.truncated(byteCount: 3))
        ),
        CorpusEntry(
            "unsupported version 0",
            "0000ddbd",
            .bothReject,
            .failed(.unsupportedVersion(0))
        ),
        CorpusEntry(
            "unsupported version 2",
            "a9763f5e",
            .bothReject,
            .failed(.unsupportedVersion(2))
        ),
        CorpusEntry(
            "unsupported version 3",
            "c6fdd9e7",
            .bothReject,
            .failed(.unsupportedVersion(3))
        ),
        CorpusEntry(
            "delta wraps around: option number overflow acknowledgement",
            "60013900e0fef3",
            .known(.deltaWrapsAround),
            .failed(.malformed(.optionNumberOverflow, type: .acknowledgement, messageID: 0x3900))
        ),
        CorpusEntry(
            "delta wraps around: option number overflow confirmable",
            "40011d00e0fefe",
            .known(.deltaWrapsAround),
            .failed(.malformed(.optionNumberOverflow, type: .confirmable, messageID: 0x1D00))
        ),
        CorpusEntry(
            "delta wraps around: option number overflow non confirmable",
            "50013f00e0fefe",
            .known(.deltaWrapsAround),
            .failed(.malformed(.optionNumberOverflow, type: .nonConfirmable, messageID: 0x3F00))
        ),
        CorpusEntry(
            "delta wraps around: option number overflow reset",
            "70013a00e0fef3",
            .known(.deltaWrapsAround),
            .failed(.malformed(.optionNumberOverflow, type: .reset, messageID: 0x3A00))
        ),
        CorpusEntry(
            "empty uri query: request",
            "5012c0acd002",
            .known(.emptyUriQuery),
            .read(.request)
        ),
        CorpusEntry(
            "empty uri query: response",
            "604c6200c030",
            .known(.emptyUriQuery),
            .read(.response)
        ),
        CorpusEntry(
            "empty uri query: unacceptable ignore",
            "70927ce7d002",
            .known(.emptyUriQuery),
            .read(.unacceptable(.ignore))
        ),
        CorpusEntry(
            "empty uri query: unacceptable reset permitted",
            "50d3e800d00110",
            .known(.emptyUriQuery),
            .read(.unacceptable(.resetPermitted(messageID: 0xE800)))
        ),
        CorpusEntry(
            "empty uri query: unacceptable reset required",
            "403847000010d001",
            .known(.emptyUriQuery),
            .read(.unacceptable(.resetRequired(messageID: 0x4700)))
        ),
        CorpusEntry(
            "option length out of bounds: request",
            "4001dba640",
            .known(.optionLengthOutOfBounds),
            .read(.request)
        ),
        CorpusEntry(
            "option length out of bounds: response",
            "4077b68a40",
            .known(.optionLengthOutOfBounds),
            .read(.response)
        ),
        CorpusEntry(
            "option length out of bounds: unacceptable ignore",
            "601ac1bf40",
            .known(.optionLengthOutOfBounds),
            .read(.unacceptable(.ignore))
        ),
        CorpusEntry(
            "option length out of bounds: unacceptable reset permitted",
            "52d5cd138fe730",
            .known(.optionLengthOutOfBounds),
            .read(.unacceptable(.resetPermitted(messageID: 0xCD13)))
        ),
        CorpusEntry(
            "option length out of bounds: unacceptable reset required",
            "40d6001e30",
            .known(.optionLengthOutOfBounds),
            .read(.unacceptable(.resetRequired(messageID: 0x001E)))
        ),
        CorpusEntry(
            "signalling option length: unacceptable ignore",
            "71e3bb8e5d218830",
            .known(.signallingOptionLength),
            .read(.unacceptable(.ignore))
        ),
        CorpusEntry(
            "signalling option length: unacceptable reset permitted",
            "51e1a7443542c977",
            .known(.signallingOptionLength),
            .read(.unacceptable(.resetPermitted(messageID: 0xA744)))
        ),
        CorpusEntry(
            "signalling option length: unacceptable reset required",
            "41e1c35d0f425d5a",
            .known(.signallingOptionLength),
            .read(.unacceptable(.resetRequired(messageID: 0xC35D)))
        ),
        CorpusEntry(
            "Q-Block2 of 4 bytes, whose bounds libcoap does not know",
            "40010001d41200000006",
            .bothAccept,
            .read(.request)
        ),
        CorpusEntry(
            "EDHOC with a value, whose bounds libcoap does not know",
            "40010001d10861",
            .bothAccept,
            .read(.request)
        ),
        CorpusEntry(
            "empty echo, which libcoap lets pass",
            "40010001d0ef",
            .bothAccept,
            .read(.request)
        ),
        CorpusEntry(
            "echo of 41 bytes",
            "40010001ddef1c0000000000000000000000000000000000000000000000000000000000000000000000000000000000",
            .known(.optionLengthOutOfBounds),
            .read(.request)
        ),
        CorpusEntry(
            "block2 of 4 bytes",
            "40010001d40a00000006",
            .known(.optionLengthOutOfBounds),
            .read(.request)
        ),
        CorpusEntry(
            "block2 with SZX 7",
            "40010001d10a07",
            .bothAccept,
            .read(.request)
        ),
        CorpusEntry(
            "a delta that wraps to 12 behind option 12",
            "40010001c0e0feff",
            .known(.deltaWrapsAround),
            .failed(.malformed(.optionNumberOverflow, type: .confirmable, messageID: 0x0001))
        ),
        CorpusEntry(
            "a delta that wraps, then a truncated option",
            "40010001e0fef3b2",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .confirmable, messageID: 0x0001))
        ),
        CorpusEntry(
            "a delta of 65549, which libcoap notices",
            "40010001e0ff00",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .confirmable, messageID: 0x0001))
        ),
        CorpusEntry(
            "the greatest number, then delta 0",
            "40010001e0fef200",
            .bothAccept,
            .read(.request)
        ),
        CorpusEntry(
            "the greatest number, then delta 1",
            "40010001e0fef210",
            .bothReject,
            .failed(.malformed(.optionNumberOverflow, type: .confirmable, messageID: 0x0001))
        ),
    ]
}
