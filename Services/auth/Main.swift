import Hosting

@main
enum Main {
    static func main() {
        Launch.run(
            AuthConfig.self, service: "auth",
            summary: "Accounts, log-ins and their tokens; rooms and who is in them.",
            subcommands: [
                Subcommand(
                    "create-admin", arguments: ["NAME"],
                    help: "Make an administrator; the password is ADMIN_PASSWORD, or made up and printed."
                ) { config, arguments, context in
                    try await CreateAdministrator(config: config, log: context.log)
                        .run(named: arguments.first ?? "", on: context.makeLoop("create-admin"))
                }
            ]
        ) { config, context in
            try AuthService(config: config, context: context)
        }
    }
}
