import CGnuTLS

/// GnuTLS's transport functions over memory. GnuTLS keeps an unretained pointer to the session, which outlives the
/// handle by construction: only `deinit` frees the handle.
extension DTLSSession {
    static func owner(of handle: gnutls_session_t) -> DTLSSession? {
        gnutls_session_get_ptr(handle).map { Unmanaged<DTLSSession>.fromOpaque($0).takeUnretainedValue() }
    }

    func installTransport() {
        let context = Unmanaged.passUnretained(self).toOpaque()
        gnutls_session_set_ptr(handle, context)
        gnutls_transport_set_ptr(handle, context)
        gnutls_transport_set_push_function(handle) { context, data, count in
            guard let context, let data else { return -1 }
            let session = Unmanaged<DTLSSession>.fromOpaque(context).takeUnretainedValue()
            return session.push(UnsafeRawBufferPointer(start: data, count: count))
        }
        gnutls_transport_set_pull_function(handle) { context, buffer, capacity in
            guard let context, let buffer else { return -1 }
            let session = Unmanaged<DTLSSession>.fromOpaque(context).takeUnretainedValue()
            return session.pull(into: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
        }
        gnutls_transport_set_pull_timeout_function(handle) { context, _ in
            guard let context else { return 0 }
            let session = Unmanaged<DTLSSession>.fromOpaque(context).takeUnretainedValue()
            // GnuTLS asks here before it looks into its own record buffer.
            return session.inbound != nil || session.mayHoldRecords ? 1 : 0
        }
    }

    private func push(_ record: UnsafeRawBufferPointer) -> Int {
        hasSent = true
        outgoing.append(record, limit: state == .established ? 0 : configuration.maximumDatagramBytes)
        return record.count
    }

    private func pull(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let datagram = inbound else {
            cgnutls_report_would_block(handle)
            return -1
        }
        inbound = nil
        let count = min(datagram.count, buffer.count)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: datagram[..<count]))
        return count
    }
}
