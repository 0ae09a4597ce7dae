extension RedisClient {
    /// Makes `count` calls in one write, and returns their answers in order, or the first failure among them.
    ///
    /// `send` makes the call of one number.
    public func together(
        _ count: Int, _ send: (Int, @escaping Done) -> Void
    ) async throws(RedisError) -> [RedisReply] {
        var replies: [RedisReply] = []
        for result in await each(count, send) { replies.append(try result.get()) }
        return replies
    }

    /// Makes `count` calls in one write, and returns what became of each, in order.
    ///
    /// `send` makes the call of one number.
    public func each(
        _ count: Int, _ send: (Int, @escaping Done) -> Void
    ) async -> [Result<RedisReply, RedisError>] {
        guard count > 0 else { return [] }
        return await withCheckedContinuation { continuation in
            let answers = Answers(count) { continuation.resume(returning: $0) }
            for number in 0..<count { send(number) { answers.set(number, $0) } }
        }
    }
}

/// The answers of some calls, until the last has come.
private final class Answers {
    private var results: [Result<RedisReply, RedisError>]
    private var missing: Int
    private let done: ([Result<RedisReply, RedisError>]) -> Void

    init(_ count: Int, done: @escaping ([Result<RedisReply, RedisError>]) -> Void) {
        results = Array(repeating: .failure(.disconnected), count: count)
        missing = count
        self.done = done
    }

    func set(_ number: Int, _ result: Result<RedisReply, RedisError>) {
        results[number] = result
        missing -= 1
        if missing == 0 { done(results) }
    }
}
