extension Code {
    /// 0.00 Empty (RFC 7252 § 4.1).
    public static var empty: Code { Code(rawValue: 0) }

    // MARK: Methods

    /// 0.01 GET (RFC 7252 § 5.8.1).
    public static var get: Code { Code(class: 0, detail: 1) }
    /// 0.02 POST (RFC 7252 § 5.8.2).
    public static var post: Code { Code(class: 0, detail: 2) }
    /// 0.03 PUT (RFC 7252 § 5.8.3).
    public static var put: Code { Code(class: 0, detail: 3) }
    /// 0.04 DELETE (RFC 7252 § 5.8.4).
    public static var delete: Code { Code(class: 0, detail: 4) }
    /// 0.05 FETCH (RFC 8132 § 2).
    public static var fetch: Code { Code(class: 0, detail: 5) }
    /// 0.06 PATCH (RFC 8132 § 3).
    public static var patch: Code { Code(class: 0, detail: 6) }
    /// 0.07 iPATCH (RFC 8132 § 3).
    public static var iPatch: Code { Code(class: 0, detail: 7) }

    // MARK: Success

    /// 2.01 Created (RFC 7252 § 5.9.1.1).
    public static var created: Code { Code(class: 2, detail: 1) }
    /// 2.02 Deleted (RFC 7252 § 5.9.1.2).
    public static var deleted: Code { Code(class: 2, detail: 2) }
    /// 2.03 Valid (RFC 7252 § 5.9.1.3).
    public static var valid: Code { Code(class: 2, detail: 3) }
    /// 2.04 Changed (RFC 7252 § 5.9.1.4).
    public static var changed: Code { Code(class: 2, detail: 4) }
    /// 2.05 Content (RFC 7252 § 5.9.1.5).
    public static var content: Code { Code(class: 2, detail: 5) }
    /// 2.31 Continue (RFC 7959 § 2.9.1).
    public static var `continue`: Code { Code(class: 2, detail: 31) }

    // MARK: Client errors

    /// 4.00 Bad Request (RFC 7252 § 5.9.2.1).
    public static var badRequest: Code { Code(class: 4, detail: 0) }
    /// 4.01 Unauthorized (RFC 7252 § 5.9.2.2).
    public static var unauthorized: Code { Code(class: 4, detail: 1) }
    /// 4.02 Bad Option (RFC 7252 § 5.9.2.3).
    public static var badOption: Code { Code(class: 4, detail: 2) }
    /// 4.03 Forbidden (RFC 7252 § 5.9.2.4).
    public static var forbidden: Code { Code(class: 4, detail: 3) }
    /// 4.04 Not Found (RFC 7252 § 5.9.2.5).
    public static var notFound: Code { Code(class: 4, detail: 4) }
    /// 4.05 Method Not Allowed (RFC 7252 § 5.9.2.6).
    public static var methodNotAllowed: Code { Code(class: 4, detail: 5) }
    /// 4.06 Not Acceptable (RFC 7252 § 5.9.2.7).
    public static var notAcceptable: Code { Code(class: 4, detail: 6) }
    /// 4.08 Request Entity Incomplete (RFC 7959 § 2.9.2).
    public static var requestEntityIncomplete: Code { Code(class: 4, detail: 8) }
    /// 4.09 Conflict (RFC 8132 § 3.4).
    public static var conflict: Code { Code(class: 4, detail: 9) }
    /// 4.12 Precondition Failed (RFC 7252 § 5.9.2.8).
    public static var preconditionFailed: Code { Code(class: 4, detail: 12) }
    /// 4.13 Request Entity Too Large (RFC 7252 § 5.9.2.9).
    public static var requestEntityTooLarge: Code { Code(class: 4, detail: 13) }
    /// 4.15 Unsupported Content-Format (RFC 7252 § 5.9.2.10).
    public static var unsupportedContentFormat: Code { Code(class: 4, detail: 15) }
    /// 4.22 Unprocessable Entity (RFC 8132 § 3.4).
    public static var unprocessableEntity: Code { Code(class: 4, detail: 22) }
    /// 4.29 Too Many Requests (RFC 8516 § 3).
    public static var tooManyRequests: Code { Code(class: 4, detail: 29) }

    // MARK: Server errors

    /// 5.00 Internal Server Error (RFC 7252 § 5.9.3.1).
    public static var internalServerError: Code { Code(class: 5, detail: 0) }
    /// 5.01 Not Implemented (RFC 7252 § 5.9.3.2).
    public static var notImplemented: Code { Code(class: 5, detail: 1) }
    /// 5.02 Bad Gateway (RFC 7252 § 5.9.3.3).
    public static var badGateway: Code { Code(class: 5, detail: 2) }
    /// 5.03 Service Unavailable (RFC 7252 § 5.9.3.4).
    public static var serviceUnavailable: Code { Code(class: 5, detail: 3) }
    /// 5.04 Gateway Timeout (RFC 7252 § 5.9.3.5).
    public static var gatewayTimeout: Code { Code(class: 5, detail: 4) }
    /// 5.05 Proxying Not Supported (RFC 7252 § 5.9.3.6).
    public static var proxyingNotSupported: Code { Code(class: 5, detail: 5) }
    /// 5.08 Hop Limit Reached (RFC 8768).
    public static var hopLimitReached: Code { Code(class: 5, detail: 8) }
}
