extension OptionNumber {
    /// If-Match: answer only if the representation is this one (RFC 7252 § 5.10.8.1).
    public static var ifMatch: OptionNumber { OptionNumber(rawValue: 1) }
    /// Uri-Host: the host asked for (RFC 7252 § 5.10.1).
    public static var uriHost: OptionNumber { OptionNumber(rawValue: 3) }
    /// ETag: names a representation (RFC 7252 § 5.10.6).
    public static var etag: OptionNumber { OptionNumber(rawValue: 4) }
    /// If-None-Match: answer only if there is no representation (RFC 7252 § 5.10.8.2).
    public static var ifNoneMatch: OptionNumber { OptionNumber(rawValue: 5) }
    /// Observe (RFC 7641).
    public static var observe: OptionNumber { OptionNumber(rawValue: 6) }
    /// Uri-Port: the port asked for (RFC 7252 § 5.10.1).
    public static var uriPort: OptionNumber { OptionNumber(rawValue: 7) }
    /// Location-Path: a segment of the path of what was created (RFC 7252 § 5.10.7).
    public static var locationPath: OptionNumber { OptionNumber(rawValue: 8) }
    /// OSCORE (RFC 8613).
    public static var oscore: OptionNumber { OptionNumber(rawValue: 9) }
    /// Uri-Path: one segment of the path (RFC 7252 § 5.10.1).
    public static var uriPath: OptionNumber { OptionNumber(rawValue: 11) }
    /// Content-Format: of the payload (RFC 7252 § 5.10.3).
    public static var contentFormat: OptionNumber { OptionNumber(rawValue: 12) }
    /// Max-Age: seconds for which a response is fresh (RFC 7252 § 5.10.5).
    public static var maxAge: OptionNumber { OptionNumber(rawValue: 14) }
    /// Uri-Query: one argument of the query (RFC 7252 § 5.10.1).
    public static var uriQuery: OptionNumber { OptionNumber(rawValue: 15) }
    /// Hop-Limit (RFC 8768).
    public static var hopLimit: OptionNumber { OptionNumber(rawValue: 16) }
    /// Accept: the format that the client wants (RFC 7252 § 5.10.4).
    public static var accept: OptionNumber { OptionNumber(rawValue: 17) }
    /// Q-Block1 (RFC 9177).
    public static var qBlock1: OptionNumber { OptionNumber(rawValue: 19) }
    /// Location-Query: an argument of the query of what was created (RFC 7252 § 5.10.7).
    public static var locationQuery: OptionNumber { OptionNumber(rawValue: 20) }
    /// EDHOC (RFC 9668).
    public static var edhoc: OptionNumber { OptionNumber(rawValue: 21) }
    /// Block2: which block of the response (RFC 7959 § 2.1).
    public static var block2: OptionNumber { OptionNumber(rawValue: 23) }
    /// Block1: which block of the request's body (RFC 7959 § 2.1).
    public static var block1: OptionNumber { OptionNumber(rawValue: 27) }
    /// Size2: bytes of the representation (RFC 7959 § 4).
    public static var size2: OptionNumber { OptionNumber(rawValue: 28) }
    /// Q-Block2 (RFC 9177).
    public static var qBlock2: OptionNumber { OptionNumber(rawValue: 31) }
    /// Proxy-Uri: the resource that a forward proxy is to ask for (RFC 7252 § 5.10.2).
    public static var proxyUri: OptionNumber { OptionNumber(rawValue: 35) }
    /// Proxy-Scheme: the scheme that a forward proxy is to use (RFC 7252 § 5.10.2).
    public static var proxyScheme: OptionNumber { OptionNumber(rawValue: 39) }
    /// Size1: bytes of the request's body (RFC 7252 § 5.10.9, RFC 7959 § 4).
    public static var size1: OptionNumber { OptionNumber(rawValue: 60) }
    /// Echo (RFC 9175).
    public static var echo: OptionNumber { OptionNumber(rawValue: 252) }
    /// No-Response (RFC 7967).
    public static var noResponse: OptionNumber { OptionNumber(rawValue: 258) }
    /// Request-Tag (RFC 9175).
    public static var requestTag: OptionNumber { OptionNumber(rawValue: 292) }
    /// OCF-Accept-Content-Format-Version (Open Connectivity Foundation).
    public static var ocfAcceptContentFormatVersion: OptionNumber { OptionNumber(rawValue: 2049) }
    /// OCF-Content-Format-Version (Open Connectivity Foundation).
    public static var ocfContentFormatVersion: OptionNumber { OptionNumber(rawValue: 2053) }
}
