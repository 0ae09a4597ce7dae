/// The first words on a connection, sent in one go, and what their answers mean together.
///
/// `PING` is among them because it is refused while Redis still loads its data (`LOADING`), where `INFO` and
/// `TIME` already answer. A replica is refused: it takes no writes, and what is read there may be of the past.
struct Greeting {
    /// The commands, in order.
    let commands: [[RedisArgument]]
    private var replies: [RedisReply] = []

    init(to address: RedisAddress, as name: String) {
        var commands: [[RedisArgument]] = []
        if let password = address.password {
            commands.append(["AUTH"] + (address.user.map { [.text($0)] } ?? []) + [.text(password)])
        }
        commands.append(["CLIENT", "SETNAME", .text(Self.clientName(name))])
        if address.database != 0 { commands.append(["SELECT", .int(Int64(address.database))]) }
        commands.append(["PING"])
        commands.append(["INFO", "server", "replication"])
        commands.append(["TIME"])
        self.commands = commands
    }

    /// Takes the next answer; a result once all of them are there, or one is an error.
    ///
    /// The wall time is that of our clock half-way between the greeting and this answer.
    mutating func receive(
        _ answer: Result<RedisReply, RedisError>, at wallMilliseconds: Int64
    ) -> Result<ServerIdentity, RedisError>? {
        switch answer {
        case .success(let reply): replies.append(reply)
        case .failure(let error): return .failure(error)
        }
        guard replies.count == commands.count else { return nil }
        let identity = ServerIdentity(
            info: replies[replies.count - 2], time: replies[replies.count - 1], at: wallMilliseconds)
        guard let identity else { return .failure(.protocolViolation) }
        return identity.isReplica ? .failure(.replica) : .success(identity)
    }

    /// A name as `CLIENT SETNAME` takes it: printable ASCII without spaces.
    private static func clientName(_ name: String) -> String {
        String(
            name.map { character in
                guard let ascii = character.asciiValue, (33...126).contains(ascii) else { return "-" }
                return character
            })
    }
}
