import Redis

extension RedisError {
    /// Whether the command certainly changed nothing: it was not sent, or Redis refused it.
    var hadNoEffect: Bool {
        if case .server = self { return true }
        return wasNotSent
    }

    /// Whether it is a Redis that is starting, being replaced, or without what it must have to write.
    var passesByItself: Bool {
        refusesWrites
            || ["LOADING", "READONLY", "MASTERDOWN", "BUSY", "CLUSTERDOWN", "TRYAGAIN"].contains(code)
    }
}
