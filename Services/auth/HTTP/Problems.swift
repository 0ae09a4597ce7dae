import Access
import Engine
import Postgres
import Redis
import Schema
import Web

extension Problem {
    /// The answer to a failure of any part of the service; nil where it is our own bug.
    init?(reporting error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let code as ErrorCode: self.init(code)
        case let error as TooMany: self.init(error)
        case EngineError.overloaded: self.init(ErrorCode.overloaded)
        case let error as PostgresError where error.isTransient: self.init(ErrorCode.serviceUnavailable)
        case PostgresError.closed: self.init(ErrorCode.serviceUnavailable)
        case let error as RedisError: self.init(error)
        default: return nil
        }
    }
}
