import Hosting

@main
enum Main {
    static func main() {
        Launch.run(
            PresenceConfig.self, service: "presence",
            summary: "Knows who is online, and how much each may send."
        ) { config, context in
            try PresenceService(config, context)
        }
    }
}
