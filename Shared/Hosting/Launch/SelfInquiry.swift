internal import Engine

/// Asks a service on this machine one question over HTTP, in the clear or by TLS.
///
/// Lives on a loop of its own, which ends with the answer.
actor SelfInquiry {
    /// What was answered.
    struct Answer: Equatable {
        let status: Int
        let body: [UInt8]

        /// Reads an answer that ended with its connection; nil if it is none of HTTP/1.1.
        init?(_ bytes: [UInt8]) {
            guard bytes.starts(with: "HTTP/1.1 ".utf8), bytes.count >= 12 else { return nil }
            guard let status = Int(String(decoding: bytes[9..<12], as: UTF8.self)) else { return nil }
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
            self.status = status
            body = Array(bytes[end.upperBound...])
        }
    }

    private let loop: EventLoop
    private static let patienceMilliseconds = 3_000
    private static let mostBytes = 1 << 20

    init() throws(EngineError) {
        loop = try EventLoop(name: "health")
        try loop.start()
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Ends the loop; nothing can be asked after that.
    nonisolated func end() {
        loop.stop()
        loop.join()
    }

    func get(_ path: String, host: String, port: Int, isTLS: Bool) async throws(EngineError) -> Answer {
        loop.preconditionCurrent()
        // It asks the address that it was told to listen on, and hears no secret: whose name the certificate
        // bears does not matter, and need not be one of this machine.
        let tls = isTLS ? try TLSClient.unverified() : nil
        let stream = try await Stream.connect(
            loop: loop, host: host, port: port, tls: tls, timeoutMilliseconds: Self.patienceMilliseconds)
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let bytes = try await answer(to: request, on: stream).get()
        guard let answer = Answer(bytes) else { throw .closed }
        return answer
    }

    private func answer(to request: String, on stream: Stream) async -> Result<[UInt8], EngineError> {
        await withCheckedContinuation { continuation in
            var bytes: [UInt8] = []
            var isLate = false
            let timer = loop.schedule(afterMilliseconds: Self.patienceMilliseconds) {
                isLate = true
                stream.close()
            }
            stream.onReceive = {
                bytes += $0
                if bytes.count > Self.mostBytes { stream.close() }
            }
            stream.onClose = { error in
                timer.cancel()
                let failure = isLate ? EngineError.timeout : error
                continuation.resume(returning: failure.map { .failure($0) } ?? .success(bytes))
            }
            stream.send(Array(request.utf8))
        }
    }
}
