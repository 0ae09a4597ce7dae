internal import Engine
public import Hosting
public import Redis

extension RedisAddress {
    /// Reads again whom a connection to Redis believes, `REDIS_CA` or the system's authorities, for connections made
    /// from now on; what is wrong with the file is logged, and who was believed before still is.
    ///
    /// Reads a file: not on a loop.
    public func readTrustAgain(_ log: Log) {
        guard let tls else { return }
        do throws(EngineError) {
            try tls.reload()
            log.info("authorities of redis read again")
        } catch {
            log.error(
                "authorities of redis not read again", .error(error),
                ["next": "Those of before still count. Mend REDIS_CA, and send SIGHUP again."])
        }
    }
}
