internal import CLinux
internal import Glibc

/// What waits to be written to one socket: shared buffers, in order, counted in bytes.
///
/// Pure but for `write`, which makes one call, or records of TLS, of what is queued.
struct SendQueue {
    enum Outcome {
        /// Nothing is left.
        case drained
        /// The socket takes no more for now.
        case blocked
        /// The socket is broken.
        case failed(EngineError)
    }

    /// A chunk that stands alone, as most do: it takes no memory beyond our own.
    ///
    /// Where it is nil all are in `chunks`.
    private var only: SharedBytes?
    private var chunks: [SharedBytes] = []
    /// Index of the first chunk that is not wholly written, and how much of it is.
    private var head = 0
    private var offset = 0
    /// How many of the first bytes TLS has sealed in a record that the socket did not take yet.
    private var sealed = 0
    /// Bytes not yet handed to the kernel.
    private(set) var byteCount = 0

    var isEmpty: Bool { byteCount == 0 }
    /// Whether a record has been begun and not wholly left: no other may come between.
    var isInsideRecord: Bool { sealed > 0 }

    mutating func append(_ bytes: SharedBytes) {
        guard bytes.count > 0 else { return }
        if isEmpty {
            only = bytes
        } else {
            spill()
            chunks.append(bytes)
        }
        byteCount += bytes.count
    }

    /// Puts what stood alone among the others to come.
    private mutating func spill() {
        guard let chunk = only else { return }
        only = nil
        chunks.append(chunk)
    }

    mutating func removeAll() {
        only = nil
        chunks = []
        head = 0
        offset = 0
        sealed = 0
        byteCount = 0
    }

    /// Drops every chunk of which nothing is written or sealed yet, so that no chunk is ever cut.
    mutating func removeWaiting() {
        spill()
        let begun = offset + sealed
        var end = head
        var kept = 0
        while kept < begun {
            kept += chunks[end].count
            end += 1
        }
        chunks = Array(chunks[head..<end])
        head = 0
        byteCount = kept - offset
    }

    /// Writes as much as the socket takes.
    mutating func write(to descriptor: Int32) -> Outcome {
        while !isEmpty {
            let written = writeOnce(descriptor)
            guard written >= 0 else {
                let code = errno
                if code == EINTR { continue }
                return code == EAGAIN ? .blocked : .failed(.system(call: "send", code: code))
            }
            advance(by: written)
        }
        return .drained
    }

    /// Writes as much as the socket takes of records, which are gathered in `buffer`.
    mutating func write(to session: TLSSession, gatheringIn buffer: UnsafeMutableRawBufferPointer) -> Outcome
    {
        while !isEmpty {
            let count = gather(into: buffer)
            switch session.write(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
            case .done(let written):
                sealed = 0
                advance(by: written)
            case .again:
                sealed = count
                return .blocked
            case .ended: return .failed(.closed)
            case .failed(let error): return .failed(error)
            }
        }
        return .drained
    }

    /// Copies the first bytes, as many as there is room for: a record for each small frame would cost more.
    private mutating func gather(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        spill()
        var count = 0
        var index = head
        while count < buffer.count, index < chunks.count {
            chunks[index].withUnsafeBytes { chunk in
                let rest = chunk.dropFirst(index == head ? offset : 0).prefix(buffer.count - count)
                UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyBytes(from: rest)
                count += rest.count
            }
            index += 1
        }
        return count
    }

    private static var vectors: Int { 256 }

    /// By the socket's own calls: `write` and `writev` take the file's lock and more layers on the way to it.
    private func writeOnce(_ descriptor: Int32) -> Int {
        let flags = Int32(MSG_NOSIGNAL)
        let count = min(chunks.count - head, Self.vectors)
        guard count > 1 else {
            let chunk = only ?? chunks[head]
            return Glibc.send(descriptor, chunk.start + offset, chunk.count - offset, flags)
        }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: count) { vectors in
            for index in 0..<count {
                let chunk = chunks[head + index]
                let skip = index == 0 ? offset : 0
                vectors[index] = iovec(iov_base: chunk.start + skip, iov_len: chunk.count - skip)
            }
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            message.msg_iovlen = count
            return Glibc.sendmsg(descriptor, &message, flags)
        }
    }

    private mutating func advance(by written: Int) {
        byteCount -= written
        guard only == nil else {
            offset = isEmpty ? 0 : offset + written
            if isEmpty { only = nil }
            return
        }
        var left = written
        while left > 0 {
            let rest = chunks[head].count - offset
            guard left >= rest else {
                offset += left
                break
            }
            left -= rest
            offset = 0
            head += 1
        }
        compact()
    }

    /// Lets go of written chunks; an empty queue holds no memory, as most connections are idle.
    private mutating func compact() {
        if byteCount == 0 {
            chunks = []
            head = 0
        } else if head >= 64, head * 2 >= chunks.count {
            chunks.removeFirst(head)
            head = 0
        }
    }
}
