import Engine
import Redis
import Schema
import Support
import Testing

@testable import Bus

struct RPCClientTests {
    /// Else a task of a service that ends would ask for as long as it is patient, and keep its loop from ending.
    @Test func whoWaitsForAConnectionIsToldThatTheClientEnds() async throws {
        let error = try await onLoop { loop in
            // Nobody listens there.
            let address = try RedisAddress(url: "redis://127.0.0.1:1")
            let redis = RedisClient(loop: loop, address: address, name: "asking")
            let rpc = RPCClient(loop: loop, address: address, name: "asking", redis: redis, replyID: "a.1")
            var error: BusError?
            loop.spawn {
                do throws(BusError) {
                    _ = try await rpc.call("auth", "profile", [:], timeoutMilliseconds: 60_000)
                } catch let failure {
                    error = failure
                }
            }
            rpc.close()
            _ = await eventually(on: loop) { error != nil }
            return error
        }
        #expect(error == .redis(.unavailable))
    }
}
