import Hosting

/// The WebSocket edge.
@main
enum Main {
    static func main() {
        Launch.run(
            GatewayConfig.self, service: "gateway",
            summary: "Serves chat over WebSocket: connections, rooms, live messages."
        ) { config, context in
            try Assembly(config, context)
        }
    }
}
