import Engine
import Glibc
import Support
import Testing
import Web

@testable import Hosting

private func context(port: Int) -> LaunchContext {
    LaunchContext(service: "test", hosting: HostingSettings(port: port), writer: LineWriter(descriptor: -1))
}

@Suite struct HTTPServiceTests {
    @Test func theHealthCommandAsksARunningServiceUntilItDrains() async throws {
        try await onLoop { loop in
            let context = context(port: 0)
            let health = Health(loop: loop)
            health.check("redis") {}
            var routes = Routes()
            OperationsEndpoint(health: health, metrics: context.metrics).add(to: &routes)
            let service = try HTTPService(loop: loop, context: context, routes: routes)
            let command = HealthCommand(hosting: HostingSettings(port: service.port))
            #expect(await command.run() == .init(line: "ready", code: 0))
            health.isDraining = true
            #expect(await command.run() == .init(line: "not ready: draining", code: 1))
            await service.drain(withinMilliseconds: 1000)
            #expect(service.connectionCount == 0)
            #expect(await command.run().line.hasPrefix("no answer from "))
            let counted = #"parley_http_requests_total{method="GET",route="/readyz",status="200"} 1"#
            #expect(context.metrics.exposition().contains(counted))
        }
    }

    @Test func aPortThatIsTakenSaysWhatToDo() async throws {
        try await onLoop { loop in
            let first = try HTTPService(loop: loop, context: context(port: 0), routes: Routes())
            let failure = #expect(throws: StartFailure.self) {
                try HTTPService(loop: loop, context: context(port: first.port), routes: Routes())
            }
            #expect(
                failure?.description
                    == "cannot listen on 127.0.0.1:\(first.port): bind: Address already in use")
            #expect(failure?.advice == "Stop what listens there, or set PORT to another.")
            await first.drain(withinMilliseconds: 1000)
        }
    }

    @Test(arguments: [
        (
            EngineError.system(call: "bind", code: EACCES),
            "Set PORT to 1024 or more, or give the process the right to lower ones."
        ),
        (.system(call: "bind", code: EADDRNOTAVAIL), "Set HOST to an address of this machine."),
        (.address("x"), "Check HOST and PORT."),
    ])
    func eachFailureToListenHasItsAdvice(error: EngineError, advice: String) {
        #expect(HTTPService.failure(error, host: "h", port: 1).advice == advice)
    }
}
