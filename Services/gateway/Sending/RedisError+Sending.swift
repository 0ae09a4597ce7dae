import Redis

extension RedisError {
    /// Whether the command certainly changed nothing: it was not sent, or Redis refused it.
    var hadNoEffect: Bool {
        if case .server = self { return true }
        return wasNotSent
    }

    /// Whether it is a Redis that is starting, being replaced, or without the replicas that it must have to write.
    var passesByItself: Bool {
        ["LOADING", "READONLY", "MASTERDOWN", "NOREPLICAS", "BUSY", "CLUSTERDOWN", "TRYAGAIN"].contains(code)
    }
}
