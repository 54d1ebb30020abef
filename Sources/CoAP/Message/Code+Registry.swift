extension Code {
    /// 0.00 Empty (RFC 7252 § 4.1).
    public static var empty: Code { Code(rawValue: 0) }

    // Methods: RFC 7252 § 12.1.1, RFC 8132 § 2 and 3.
    public static var get: Code { Code(class: 0, detail: 1) }
    public static var post: Code { Code(class: 0, detail: 2) }
    public static var put: Code { Code(class: 0, detail: 3) }
    public static var delete: Code { Code(class: 0, detail: 4) }
    public static var fetch: Code { Code(class: 0, detail: 5) }
    public static var patch: Code { Code(class: 0, detail: 6) }
    public static var iPatch: Code { Code(class: 0, detail: 7) }

    // Success: RFC 7252 § 5.9.1, RFC 7959 § 2.9.
    public static var created: Code { Code(class: 2, detail: 1) }
    public static var deleted: Code { Code(class: 2, detail: 2) }
    public static var valid: Code { Code(class: 2, detail: 3) }
    public static var changed: Code { Code(class: 2, detail: 4) }
    public static var content: Code { Code(class: 2, detail: 5) }
    public static var `continue`: Code { Code(class: 2, detail: 31) }

    // Client errors: RFC 7252 § 5.9.2; 4.08 RFC 7959 § 2.9.2; 4.09 and 4.22 RFC 8132 § 3.4; 4.29 RFC 8516.
    public static var badRequest: Code { Code(class: 4, detail: 0) }
    public static var unauthorized: Code { Code(class: 4, detail: 1) }
    public static var badOption: Code { Code(class: 4, detail: 2) }
    public static var forbidden: Code { Code(class: 4, detail: 3) }
    public static var notFound: Code { Code(class: 4, detail: 4) }
    public static var methodNotAllowed: Code { Code(class: 4, detail: 5) }
    public static var notAcceptable: Code { Code(class: 4, detail: 6) }
    public static var requestEntityIncomplete: Code { Code(class: 4, detail: 8) }
    public static var conflict: Code { Code(class: 4, detail: 9) }
    public static var preconditionFailed: Code { Code(class: 4, detail: 12) }
    public static var requestEntityTooLarge: Code { Code(class: 4, detail: 13) }
    public static var unsupportedContentFormat: Code { Code(class: 4, detail: 15) }
    public static var unprocessableEntity: Code { Code(class: 4, detail: 22) }
    public static var tooManyRequests: Code { Code(class: 4, detail: 29) }

    // Server errors: RFC 7252 § 5.9.3; 5.08 RFC 8768.
    public static var internalServerError: Code { Code(class: 5, detail: 0) }
    public static var notImplemented: Code { Code(class: 5, detail: 1) }
    public static var badGateway: Code { Code(class: 5, detail: 2) }
    public static var serviceUnavailable: Code { Code(class: 5, detail: 3) }
    public static var gatewayTimeout: Code { Code(class: 5, detail: 4) }
    public static var proxyingNotSupported: Code { Code(class: 5, detail: 5) }
    public static var hopLimitReached: Code { Code(class: 5, detail: 8) }
}
