internal import CLinux
internal import Glibc

extension Stream {
    /// Connects to the first address of `host` that answers; on the loop only, which it never blocks.
    ///
    /// With TLS it returns once the other side has proved to be `host`. The time is for each address.
    ///
    /// - Throws: `resolve`, `timeout`, `tls`, or another failure of the last address tried.
    public static func connect(
        loop: EventLoop, host: String, port: Int, tls: TLSClient? = nil, timeoutMilliseconds: Int
    ) async throws(EngineError) -> Stream {
        let addresses: [SocketAddress]
        do {
            addresses = try await SocketAddress.resolve(host: host, port: port)
        } catch {
            throw error as? EngineError ?? .resolve(host: host)
        }
        var failure = EngineError.resolve(host: host)
        for address in addresses {
            do {
                return try await connect(
                    loop: loop, address: address, tls: tls.map { ($0, host) },
                    timeoutMilliseconds: timeoutMilliseconds)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func connect(
        loop: EventLoop, address: SocketAddress, tls: (client: TLSClient, host: String)?,
        timeoutMilliseconds: Int
    ) async throws(EngineError) -> Stream {
        let deadline = loop.now.advanced(byMilliseconds: timeoutMilliseconds)
        let descriptor = try FileDescriptor.socket(for: address)
        let result = address.withSockaddr { Glibc.connect(descriptor.number, $0, $1) }
        if result != 0 {
            guard errno == EINPROGRESS else { throw .last("connect") }
            try await writable(descriptor.number, loop: loop, timeoutMilliseconds: timeoutMilliseconds)
            try checkConnected(descriptor.number)
        }
        guard let tls else { return try Stream(loop: loop, descriptor: descriptor, peer: address) }
        let session = try tls.client.makeSession(over: descriptor.number, to: tls.host)
        let stream = try Stream(loop: loop, descriptor: descriptor, peer: address, tls: session)
        try await stream.shakeHands(withinMilliseconds: deadline.milliseconds(since: loop.now))
        return stream
    }

    private func shakeHands(withinMilliseconds bound: Int) async throws(EngineError) {
        let failure = await withCheckedContinuation { continuation in
            shakeHands(withinMilliseconds: bound) { [self] failure in
                // Until the waiting owner runs again, which may take a turn or more, nobody could be given what comes.
                pauseReading()
                continuation.resume(returning: failure)
            }
        }
        if let failure { throw failure }
        guard isOpen else { throw .closed }
        resumeReading()
    }

    private static func writable(_ descriptor: Int32, loop: EventLoop, timeoutMilliseconds: Int)
        async throws(EngineError)
    {
        var watch: Watch?
        let result: Result<Void, EngineError>? = await loop.firstAnswer(
            withinMilliseconds: timeoutMilliseconds
        ) { answer in
            do throws(EngineError) {
                watch = try loop.watch(descriptor, .writable) { _ in answer(.success(())) }
            } catch {
                answer(.failure(error))
            }
        }
        watch?.cancel()
        try (result ?? .failure(.timeout)).get()
    }

    private static func checkConnected(_ descriptor: Int32) throws(EngineError) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { throw .system(call: "connect", code: code) }
    }
}
