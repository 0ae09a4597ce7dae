// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]

/// C libraries, as Debian packages them: module maps, no logic.
let system: [Target] = [
    .systemLibrary(name: "CLinux", path: "Shared/C/Linux"),
    .systemLibrary(name: "CHiredis", path: "Shared/C/Hiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(
        name: "CPostgres", path: "Shared/C/Postgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
        name: "COpenSSL", path: "Shared/C/OpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
        name: "CZlib", path: "Shared/C/Zlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
]

func shared(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: exclude,
        swiftSettings: strict)
}

/// Who may import whom is written here and nowhere else (see README, "The house").
let modules: [Target] = [
    shared("Text", []),
    shared("Schema", ["Text"], exclude: ["Schema.docc"]),
    shared("Engine", ["CLinux", "COpenSSL"]),
    shared("Web", ["Engine", "Text", "COpenSSL", "CZlib"]),
    shared("Redis", ["Engine", "CHiredis"]),
    shared("Postgres", ["Engine", "CPostgres"]),
    shared("Tokens", ["Text", "COpenSSL"]),
    shared("Hosting", ["Engine", "Web"]),
    shared("Bus", ["Engine", "Redis", "Schema", "Tokens", "RoomFunctions", "MembershipFunctions"]),
    shared("Access", ["Bus", "Engine", "Hosting", "Redis", "Schema", "Tokens", "Web"]),
]

/// Redis functions: each library lies beside the service that owns it, and is carried by all that call it.
func functions(_ name: String, of service: String, _ files: [String]) -> Target {
    .target(
        name: name, dependencies: ["Redis"], path: "Services/\(service)/Functions",
        resources: files.map { .embedInCode($0) }, swiftSettings: strict)
}

let functionLibraries: [Target] = [
    functions("RoomFunctions", of: "gateway", ["room.lua", "direct.lua"]),
    functions("MembershipFunctions", of: "auth", ["membership.lua", "control.lua"]),
    functions("ArchiveFunctions", of: "history", ["archive.lua"]),
    functions("PresenceFunctions", of: "presence", ["presence.lua", "limits.lua"]),
]

func service(_ name: String, _ module: String, _ extra: [Target.Dependency], exclude: [String]) -> Target {
    .executableTarget(
        name: module,
        dependencies: ["Schema", "Engine", "Web", "Redis", "Tokens", "Hosting", "Bus", "Access"] + extra,
        path: "Services/\(name)", exclude: exclude, swiftSettings: strict)
}

let services: [Target] = [
    .target(
        name: "CPage", path: "Services/gateway/Page",
        exclude: ["index.html", "style.css", "icon.svg", "client.js", "client", "page.js", "page"],
        publicHeadersPath: "include"),
    service(
        "gateway", "ChatGateway", ["RoomFunctions", "PresenceFunctions", "CPage"],
        exclude: ["Functions", "Page"]),
    service("auth", "ChatAuth", ["Postgres", "MembershipFunctions"], exclude: ["Functions"]),
    service(
        "history", "ChatHistory", ["Postgres", "ArchiveFunctions", "RoomFunctions"], exclude: ["Functions"]),
    service("presence", "ChatPresence", ["PresenceFunctions"], exclude: ["Functions"]),
]

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["Support"], path: "Tests/\(name)", resources: resources,
        swiftSettings: strict)
}

let suites: [Target] = [
    .target(
        name: "Support", dependencies: ["Engine", "Redis", "Schema", "RoomFunctions", "MembershipFunctions"],
        path: "Tests/Support", swiftSettings: strict),
    .executableTarget(
        name: "Echo", dependencies: ["Engine", "Web"], path: "Tests/Echo", swiftSettings: strict),
    .executableTarget(
        name: "Bench", dependencies: ["CLinux", "Engine", "Web", "Tokens"], path: "Tests/Bench",
        exclude: ["README.md", "baseline.json", "results", "run", "peers", "scenarios"], swiftSettings: strict
    ),
    tests("BenchTests", ["Bench", "Engine", "Web"]),
    tests("TextTests", ["Text"]),
    tests("SchemaTests", ["Schema"]),
    tests("EngineTests", ["Engine", "COpenSSL"]),
    tests("WebTests", ["Web", "Engine"]),
    tests("RedisTests", ["Redis", "Engine"]),
    tests("PostgresTests", ["Postgres", "Engine"]),
    tests("TokensTests", ["Tokens"]),
    tests("HostingTests", ["Hosting", "Engine", "Web"]),
    tests("BusTests", ["Bus", "Engine", "Redis", "Schema", "Tokens"]),
    tests("AccessTests", ["Access", "Bus", "Engine", "Hosting", "Redis", "Schema", "Tokens", "Web"]),
    tests(
        "FunctionTests",
        [
            "Redis", "Engine", "Schema", "Bus", "RoomFunctions", "MembershipFunctions", "ArchiveFunctions",
            "PresenceFunctions",
        ]),
    tests(
        "GatewayTests",
        [
            "ChatGateway", "Bus", "Hosting", "ArchiveFunctions", "PresenceFunctions", "RoomFunctions",
            "Schema", "Engine", "Web", "Redis",
        ]),
    tests(
        "AuthTests",
        ["ChatAuth", "Schema", "Engine", "Tokens", "Redis", "Postgres", "Hosting", "Bus", "Web"]),
    tests(
        "HistoryTests",
        [
            "ChatHistory", "ChatAuth", "Access", "Schema", "Engine", "Web", "Redis", "Postgres", "Tokens",
            "Hosting", "Bus", "ArchiveFunctions", "RoomFunctions",
        ]),
    tests(
        "PresenceTests",
        [
            "ChatPresence", "Access", "Schema", "Engine", "Web", "Redis", "Tokens", "Hosting", "Bus",
            "PresenceFunctions",
        ]),
]

/// libFuzzer's program (see `Tests/Fuzz/run`): only where it is asked for, as nothing else is built as it needs.
let fuzzing: [Target] =
    Context.environment["PARLEY_FUZZ"] == nil
    ? []
    : [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/C"),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["CFuzzer", "Schema", "Engine", "Web", "Redis", "Tokens", "Bus"],
            path: "Tests/Fuzz", exclude: ["C", "Corpus", "Dictionaries", "run"], swiftSettings: strict),
    ]

let package = Package(
    name: "parley",
    products: [
        .library(
            name: "Shared",
            targets: ["Schema", "Engine", "Web", "Redis", "Postgres", "Tokens", "Hosting", "Bus", "Access"]),
        .executable(name: "gateway", targets: ["ChatGateway"]),
        .executable(name: "auth", targets: ["ChatAuth"]),
        .executable(name: "history", targets: ["ChatHistory"]),
        .executable(name: "presence", targets: ["ChatPresence"]),
        .executable(name: "parley-echo", targets: ["Echo"]),
        .executable(name: "parley-bench", targets: ["Bench"]),
    ],
    targets: system + modules + functionLibraries + services + suites + fuzzing,
    cLanguageStandard: .c2x
)
