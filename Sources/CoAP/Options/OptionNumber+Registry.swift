extension OptionNumber {
    // RFC 7252 § 5.10.
    public static var ifMatch: OptionNumber { OptionNumber(rawValue: 1) }
    public static var uriHost: OptionNumber { OptionNumber(rawValue: 3) }
    public static var etag: OptionNumber { OptionNumber(rawValue: 4) }
    public static var ifNoneMatch: OptionNumber { OptionNumber(rawValue: 5) }
    /// RFC 7641.
    public static var observe: OptionNumber { OptionNumber(rawValue: 6) }
    public static var uriPort: OptionNumber { OptionNumber(rawValue: 7) }
    public static var locationPath: OptionNumber { OptionNumber(rawValue: 8) }
    /// RFC 8613.
    public static var oscore: OptionNumber { OptionNumber(rawValue: 9) }
    public static var uriPath: OptionNumber { OptionNumber(rawValue: 11) }
    public static var contentFormat: OptionNumber { OptionNumber(rawValue: 12) }
    public static var maxAge: OptionNumber { OptionNumber(rawValue: 14) }
    public static var uriQuery: OptionNumber { OptionNumber(rawValue: 15) }
    /// RFC 8768.
    public static var hopLimit: OptionNumber { OptionNumber(rawValue: 16) }
    public static var accept: OptionNumber { OptionNumber(rawValue: 17) }
    /// RFC 9177.
    public static var qBlock1: OptionNumber { OptionNumber(rawValue: 19) }
    public static var locationQuery: OptionNumber { OptionNumber(rawValue: 20) }
    /// RFC 9668.
    public static var edhoc: OptionNumber { OptionNumber(rawValue: 21) }
    /// RFC 7959.
    public static var block2: OptionNumber { OptionNumber(rawValue: 23) }
    /// RFC 7959.
    public static var block1: OptionNumber { OptionNumber(rawValue: 27) }
    /// RFC 7959.
    public static var size2: OptionNumber { OptionNumber(rawValue: 28) }
    /// RFC 9177.
    public static var qBlock2: OptionNumber { OptionNumber(rawValue: 31) }
    public static var proxyUri: OptionNumber { OptionNumber(rawValue: 35) }
    public static var proxyScheme: OptionNumber { OptionNumber(rawValue: 39) }
    public static var size1: OptionNumber { OptionNumber(rawValue: 60) }
    /// RFC 9175.
    public static var echo: OptionNumber { OptionNumber(rawValue: 252) }
    /// RFC 7967.
    public static var noResponse: OptionNumber { OptionNumber(rawValue: 258) }
    /// RFC 9175.
    public static var requestTag: OptionNumber { OptionNumber(rawValue: 292) }
    /// Open Connectivity Foundation.
    public static var ocfAcceptContentFormatVersion: OptionNumber { OptionNumber(rawValue: 2049) }
    /// Open Connectivity Foundation.
    public static var ocfContentFormatVersion: OptionNumber { OptionNumber(rawValue: 2053) }
}
