import Hosting

@main
enum Main {
    static func main() {
        Launch.run(
            AuthConfig.self, service: "auth",
            summary: "Accounts, log-ins and their tokens; rooms and who is in them.",
            subcommands: [
                command(
                    "create-admin", .createAdministrator,
                    help: "Make an administrator, with a password that is made up and printed; "
                        + "an account that is there becomes one and keeps its password."),
                command(
                    "create-user", .createUser,
                    help: "Make an account, with a password that is made up and printed."),
                command(
                    "reset-password", .resetPassword,
                    help: "Log an account out everywhere, and give it another password, made up and printed."),
                command(
                    "disable-user", .disableUser,
                    help: "Log an account out everywhere, and let nobody in by its password until "
                        + "enable-user. With HS256, stop the system that mints the tokens too: those "
                        + "that it issues afterwards are good."),
                command("enable-user", .enableUser, help: "Let somebody in again, with their password."),
            ]
        ) { config, context in
            try AuthService(config: config, context: context)
        }
    }

    private static func command(
        _ name: String, _ verb: AccountCommand.Verb, help: String
    ) -> Subcommand<AuthConfig> {
        Subcommand(name, arguments: ["NAME"], help: help) { config, arguments, context in
            try await AccountCommand(verb: verb, config: config)
                .run(named: arguments.first ?? "", on: context.makeLoop(name))
        }
    }
}
