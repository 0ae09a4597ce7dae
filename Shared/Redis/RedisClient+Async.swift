extension RedisClient {
    /// Sends a command and waits for its answer; on the client's loop.
    public func call(
        _ command: RedisArgument..., timeoutMilliseconds: Int? = nil
    ) async throws(RedisError) -> RedisReply {
        try await call(command, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Sends a command and waits for its answer; on the client's loop.
    public func call(
        _ command: [RedisArgument], timeoutMilliseconds: Int? = nil
    ) async throws(RedisError) -> RedisReply {
        let result = await withUnsafeContinuation { continuation in
            call(command, timeoutMilliseconds: timeoutMilliseconds) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Calls a function and waits for its answer; on the client's loop.
    public func function(
        _ function: RedisFunction, keys: [RedisArgument], arguments: [RedisArgument],
        timeoutMilliseconds: Int? = nil
    ) async throws(RedisError) -> RedisReply {
        let result = await withUnsafeContinuation { continuation in
            self.function(
                function, keys: keys, arguments: arguments, timeoutMilliseconds: timeoutMilliseconds
            ) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
