import CoAP
import UpdateClient

/// A server for tests: answers one request with one response, or with none, and can be as wrong as a test needs.
struct TransferServer {
    var imageBytes: Int
    var etag: ETag? = ETag(0x1111_2222_3333_4444)
    var sendsSize = true
    var maximumSZX: UInt8 = 6
    /// Only the block asked for before, the one after it, or block 0: a server that keeps the state of a transfer.
    var isStateful = false
    /// Answers anything else with this.
    var refusal: Code = .requestEntityIncomplete
    /// Called last, to spoil an answer.
    var spoil: ((inout BlockResponse, BlockRequest) -> Void)?

    private(set) var requests: [BlockRequest] = []
    private var lastOffset = 0
    private var nextOffset = 0

    init(imageBytes: Int) { self.imageBytes = imageBytes }

    mutating func answer(_ request: BlockRequest) -> BlockResponse {
        requests.append(request)
        let szx = min(request.szx, maximumSZX)
        let size = 16 << Int(szx)
        let offset = Int(request.blockNumber) << (Int(request.szx) + 4)
        var response = BlockResponse(token: request.token, code: .content)
        if isStateful, offset != 0, offset != nextOffset, offset != lastOffset {
            response.code = refusal
        } else if offset >= imageBytes {
            response.code = .badOption
        } else {
            let payload = min(size, imageBytes - offset)
            lastOffset = offset
            nextOffset = offset + payload
            response.block = try? BlockOption(
                number: UInt32(offset / size),
                more: offset + payload < imageBytes,
                szx: szx
            )
            response.etag = etag
            response.sizeBytes = sendsSize && offset == 0 ? UInt32(imageBytes) : nil
            response.payloadByteCount = payload
        }
        spoil?(&response, request)
        return response
    }
}
