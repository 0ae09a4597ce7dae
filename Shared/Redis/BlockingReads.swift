import Engine

/// Asks one blocking question after another on a connection of its own.
///
/// Belongs to its loop. A connection on which an answer is overdue is given up for another one.
final class BlockingReads {
    /// The next command; nil where there is nothing to ask until `ask` is called again.
    var question: (() -> [RedisArgument]?)?
    /// Takes the answer; false asks for a pause before the next question.
    var answer: ((Result<RedisReply, RedisError>) -> Bool)?
    /// There is a connection; called before the first question.
    var onConnected: ((RunID) -> Void)?
    /// The connection is gone.
    var onDisconnected: (() -> Void)?

    /// Whether there is a connection.
    var isConnected: Bool { link.connection != nil }

    /// How long Redis holds a question back while there is nothing to tell.
    static let blockMilliseconds = 500
    /// How many entries one answer may hold.
    static let count = 500
    private static let answerTimeoutMilliseconds = 2_000
    private static let pauseMilliseconds = 500

    private let link: RedisLink
    private var isAsking = false

    init(loop: EventLoop, address: RedisAddress, name: String) {
        link = RedisLink(loop: loop, address: address, name: name)
        link.onUp = { [weak self] in self?.up($1) }
        link.onDown = { [weak self] _ in self?.down() }
    }

    func start() { link.start() }

    func close() {
        question = nil
        answer = nil
        link.close()
    }

    /// Gives the connection up, as one that answered nonsense.
    func drop() { link.drop(.protocolViolation) }

    /// Gives up a connection to any other run of Redis.
    func keepTo(_ run: RunID) { link.keepTo(run) }

    /// Goes on asking, where that had come to rest.
    func ask() {
        guard !isAsking, let connection = link.connection, let command = question?() else { return }
        isAsking = true
        connection.send(command, timeoutMilliseconds: Self.answerTimeoutMilliseconds) {
            [weak self, weak connection] result in
            guard let self, let connection, connection.isOpen else { return }
            isAsking = false
            hear(result)
        }
    }

    private func hear(_ result: Result<RedisReply, RedisError>) {
        guard let answer else { return }
        guard !answer(result) else { return ask() }
        link.loop.schedule(afterMilliseconds: Self.pauseMilliseconds) { [weak self] in self?.ask() }
    }

    private func up(_ identity: ServerIdentity) {
        isAsking = false
        onConnected?(identity.runID)
        ask()
    }

    private func down() {
        isAsking = false
        onDisconnected?()
    }
}
