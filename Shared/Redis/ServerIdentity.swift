/// Which run of a Redis server is answering: another one after each start of the server.
public typealias RunID = String

/// What a connection learns about its server before it is used.
struct ServerIdentity: Hashable {
    /// `run_id`, 40 hexadecimal characters chosen at each start.
    var runID: RunID
    /// `redis_version`.
    var version: String
    /// Whether it follows another server at present.
    var isReplica: Bool
    /// The server's clock minus ours, in milliseconds.
    var clockOffset: Int64

    /// Reads `INFO server replication` and `TIME`, the latter taken as of the given time of our clock.
    init?(info: RedisReply, time: RedisReply, at wallMilliseconds: Int64) {
        guard let info = RedisInfo(info) else { return nil }
        guard let runID = info["run_id"], !runID.isEmpty else { return nil }
        guard let time = time.time else { return nil }
        self.runID = runID
        version = info["redis_version"] ?? ""
        isReplica = info["role"] == "slave"
        clockOffset = time &- wallMilliseconds
    }
}

extension RedisReply {
    /// What `TIME` answers, in milliseconds since 1970; nil where it is no time.
    var time: Int64? {
        guard let seconds = self[0].int, let micros = self[1].int else { return nil }
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : milliseconds &+ micros / 1000
    }
}
