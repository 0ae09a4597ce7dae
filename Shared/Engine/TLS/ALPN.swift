internal import COpenSSL

/// Which protocol is spoken inside (RFC 7301): our listeners know one.
enum ALPN {
    static let http1 = Array("http/1.1".utf8)

    /// OpenSSL's question to a server whose client has offered a list.
    static let select: SSL_CTX_alpn_select_cb_func = { _, chosen, length, offer, count, _ in
        let list = UnsafeBufferPointer(start: offer, count: Int(count))
        guard let found = find(http1, in: list), let offer else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        // The choice may lie in the offer itself, which outlives the answer.
        chosen?.pointee = offer + found.lowerBound
        length?.pointee = UInt8(found.count)
        return SSL_TLSEXT_ERR_OK
    }

    /// Where a name stands in a list of names, each after a byte with its length.
    static func find(_ name: [UInt8], in list: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        var start = 0
        while start < list.count {
            let from = start + 1
            let to = from + Int(list[start])
            guard to <= list.count else { return nil }
            if list[from..<to].elementsEqual(name) { return from..<to }
            start = to
        }
        return nil
    }
}
