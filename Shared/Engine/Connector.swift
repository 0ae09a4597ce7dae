internal import CLinux
internal import Glibc

extension Stream {
    /// Connects to the first address of `host` that answers; on the loop only, which it never blocks.
    ///
    /// - Throws: `resolve`, `timeout`, or the failure of the last address tried.
    public static func connect(loop: EventLoop, host: String, port: Int, timeoutMilliseconds: Int)
        async throws(EngineError) -> Stream
    {
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
                    loop: loop, address: address, timeoutMilliseconds: timeoutMilliseconds)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func connect(loop: EventLoop, address: SocketAddress, timeoutMilliseconds: Int)
        async throws(EngineError) -> Stream
    {
        let descriptor = try FileDescriptor.socket(for: address)
        let result = address.withSockaddr { Glibc.connect(descriptor.number, $0, $1) }
        if result != 0 {
            guard errno == EINPROGRESS else { throw .last("connect") }
            try await writable(descriptor.number, loop: loop, timeoutMilliseconds: timeoutMilliseconds)
            try checkConnected(descriptor.number)
        }
        return try Stream(loop: loop, descriptor: descriptor, peer: address)
    }

    private static func writable(_ descriptor: Int32, loop: EventLoop, timeoutMilliseconds: Int)
        async throws(EngineError)
    {
        let result: Result<Void, EngineError> = await withCheckedContinuation { continuation in
            let attempt = Attempt { continuation.resume(returning: $0) }
            do throws(EngineError) {
                attempt.watch = try loop.watch(descriptor, .writable) { _ in attempt.settle(.success(())) }
            } catch {
                return attempt.settle(.failure(error))
            }
            attempt.timer = loop.schedule(afterMilliseconds: timeoutMilliseconds) {
                attempt.settle(.failure(.timeout))
            }
        }
        try result.get()
    }

    private static func checkConnected(_ descriptor: Int32) throws(EngineError) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { throw .system(call: "connect", code: code) }
    }
}

/// One wait for a connection: settled once, by readiness or by time.
private final class Attempt {
    var watch: Watch?
    var timer: Timer?
    private var done: ((Result<Void, EngineError>) -> Void)?

    init(_ done: @escaping (Result<Void, EngineError>) -> Void) { self.done = done }

    func settle(_ result: Result<Void, EngineError>) {
        guard let done else { return }
        self.done = nil
        watch?.cancel()
        timer?.cancel()
        done(result)
    }
}
