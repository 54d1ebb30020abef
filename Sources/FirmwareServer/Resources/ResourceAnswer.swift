import CoAP

/// What a request is answered with, before it is bytes.
enum ResourceAnswer {
    /// A block of a payload.
    case payload(PayloadBlock)
    /// A document made for this request, whole or a block of it.
    case document(Document)
    /// 2.03: what the client has is what it would get.
    case valid(ETag, maxAgeSeconds: UInt32?)
    /// An error with a text for the person who reads the client's log (RFC 7252 § 5.5.2).
    case failure(Code, StaticString)
    /// The most products that a 4.04 names.
    static let namedProducts = 32

    /// 4.04 that says which products there are for this peer, or the first of them and one more.
    case unknownProduct(readable: [UInt16])
    /// 5.03: ask again later.
    case unavailable(StaticString)

    struct PayloadBlock {
        let release: Release
        let maxAgeSeconds: UInt32?
        /// The block that is answered for; its offset lies inside the payload.
        let block: BlockOption
        let saysSize: Bool
    }

    struct Document {
        let bytes: [UInt8]
        let etag: ETag
        /// The block that was asked for; `nil`: none, and the document is sent whole if it fits.
        let block: BlockOption?
        let saysSize: Bool
    }
}

/// Type, message ID and token of a response.
struct ResponseHeader {
    let type: MessageType
    let messageID: UInt16
    let token: Token

    /// RFC 7252 § 5.2.1 and 5.2.3: a CON is answered in its acknowledgement, a NON by a NON.
    ///
    /// A NON answer goes under the request's message ID. The numbers of the two directions are apart, and this server
    /// begins no message of its own, so a peer that uses none of its numbers twice within EXCHANGE_LIFETIME (RFC 7252
    /// § 4.4) gets none of ours twice: there is no counter that peers share or that wraps, and a request that came
    /// twice is answered twice alike.
    init(to request: borrowing MessageView) {
        type = request.type == .confirmable ? .acknowledgement : .nonConfirmable
        messageID = request.messageID
        token = request.token
    }
}
