import Engine
import Hosting

@main
enum Main {
    static func main() {
        FreedMemory.keep()
        Launch.run(
            HistoryConfig.self, service: "history", summary: "Keeps what was said, and shows it again."
        ) { config, context in
            Assembly(config: config, context: context, loop: try context.makeLoop("history"))
        }
    }
}
