import FoundationEssentials

/// What a run shall do; see `help` for each.
struct Options: Sendable {
    var peer = Peer.parley
    var urls = ["http://127.0.0.1:8080"]
    var api: String?
    var rooms = 1
    var talking: Int?
    var clients = 100
    var publishers = 1
    var slow = 0
    var size = 128
    var window: Int?
    var rate: Double?
    var warmup = 2.0
    var warmupMost = 60.0
    var seconds = 10.0
    var patience = 5.0
    var stepSeconds = 4.0
    var rest = 60.0
    var bound = 100.0
    var most = Double.infinity
    var precision = 0.05
    var waves = 2
    var loops = 1
    var atOnce = 64
    var hasKeys = true
    var secret: String?
    var keyFile: String?
    var accounts = 0
    var names: String?
    var roomNames: String?
    var issuer = "parley"
    var audience = "parley"
    var processes: [(name: String, pid: Int)] = []
    var json: String?
    var plot: String?
    var label = ""
    var isQuiet = false

    /// Reads the words after the mode.
    init(_ mode: String, _ words: [String]) throws(BenchError) {
        let box = Box()
        try Options.rules(box).read(words)
        self = box.options
        guard publishers + slow <= clients else {
            throw .usage("--publishers and --slow together must not be above --clients")
        }
        guard talkingRooms <= rooms else { throw .usage("--talking must not be above --rooms") }
        guard rate == nil || window == nil else { throw .usage("--rate and --window exclude each other") }
        switch mode {
        case "fanout": if rate == nil, window == nil { window = 8 }
        case "steps":
            guard rate == nil else { throw .usage("steps takes no --rate") }
            window = window ?? 8
        case "slow":
            if rate == nil, window == nil { rate = 100 }
            guard slow > 0 else { throw .usage("slow needs --slow: how many do not read") }
        case "pair":
            if rate == nil, window == nil { rate = 100 }
            guard urls.count > 1 else { throw .usage("pair needs --url with two nodes") }
        default:
            guard window == nil else { throw .usage("\(mode) takes no --window") }
        }
        guard plot == nil || mode == "ramp" else {
            throw .usage("--plot draws a ramp")
        }
    }

    private init() {}

    /// In how many rooms somebody sends.
    var talkingRooms: Int { talking ?? rooms }

    /// One line for each option.
    static var help: String { rules(Box()).help }

    private final class Box { var options = Options() }

    private static func rules(_ box: Box) -> Arguments {
        var rules = Arguments()
        connection(&rules, box)
        load(&rules, box)
        output(&rules, box)
        return rules
    }

    private static func connection(_ rules: inout Arguments, _ box: Box) {
        rules.option("peer", "NAME", "parley, limit, uws, websockets or fastapi (parley)") { text in
            guard let peer = Peer(rawValue: text) else { return false }
            box.options.peer = peer
            return true
        }
        rules.option("url", "URL,…", "where to connect: clients take turns (http://127.0.0.1:8080)") { text in
            box.options.urls = text.split(separator: ",").map(String.init)
            return box.options.urls.allSatisfy { Target($0) != nil } && !box.options.urls.isEmpty
        }
        rules.option(
            "api", "URL", "where accounts and rooms are made: auth or the load balancer (the first --url)"
        ) {
            box.options.api = $0
            return Target($0) != nil
        }
        rules.text("token-secret", "TEXT", "sign tokens by HS256 with this secret") {
            box.options.secret = $0
        }
        rules.text(
            "token-key", "FILE", "sign tokens with this private key (PEM); --names must have accounts then"
        ) {
            box.options.keyFile = $0
        }
        rules.int(
            "accounts", 1...100_000,
            "without either: so many accounts are registered (all clients, 64 at most)"
        ) {
            box.options.accounts = $0
        }
        rules.text("names", "PREFIX", "users are PREFIX-0 and so on (bench- and a new word each run)") {
            box.options.names = $0
        }
        rules.text(
            "room-names", "PREFIX",
            "rooms are PREFIX-0 and so on, made where they are not there (bench- and a new word each run)"
        ) {
            box.options.roomNames = $0
        }
        rules.text("issuer", "NAME", "`iss` of signed tokens (parley)") { box.options.issuer = $0 }
        rules.text("audience", "NAME", "`aud` of signed tokens (parley)") { box.options.audience = $0 }
        rules.int("loops", 1...64, "loops of the generator (1)") { box.options.loops = $0 }
        rules.int("at-once", 1...10_000, "connections opened at once (64)") { box.options.atOnce = $0 }
    }

    private static func load(_ rules: inout Arguments, _ box: Box) {
        rules.int("rooms", 1...100_000, "rooms (1)") { box.options.rooms = $0 }
        rules.int("talking", 1...100_000, "of these, the first so many in which somebody sends (all)") {
            box.options.talking = $0
        }
        rules.int("clients", 1...100_000, "connections in each room (100)") { box.options.clients = $0 }
        rules.int("publishers", 1...10_000, "of these, so many send (1)") { box.options.publishers = $0 }
        rules.int("slow", 0...10_000, "of these, so many do not read (0)") { box.options.slow = $0 }
        rules.int("size", Payload.minimumBytes...60_000, "bytes of a message's content (128)") {
            box.options.size = $0
        }
        rules.int("window", 1...10_000, "closed loop: messages under way of each publisher (8)") {
            box.options.window = $0
        }
        rules.number(
            "rate", 0.01...10_000_000,
            "open loop: messages a second, of all publishers together; ramp: the first"
        ) {
            box.options.rate = $0
        }
        rules.number("warmup", 0...3_600, "seconds before measuring (2)") { box.options.warmup = $0 }
        rules.number(
            "warmup-most", 0...3_600,
            "longer until each sender has had a message accepted, but never longer than this (60)"
        ) {
            box.options.warmupMost = $0
        }
        rules.number("seconds", 0.1...86_400, "seconds of measuring (10)") { box.options.seconds = $0 }
        rules.number(
            "patience", 0.1...600, "what does not come while so many seconds bring nothing is lost (5)"
        ) {
            box.options.patience = $0
        }
        rules.number("bound", 0.1...60_000, "ramp: the p99 to keep below, in milliseconds (100)") {
            box.options.bound = $0
        }
        rules.number("most", 0.1...10_000_000, "ramp: no rate above this is tried") { box.options.most = $0 }
        rules.number("step-seconds", 0.5...600, "ramp: seconds of each rate that is tried (4)") {
            box.options.stepSeconds = $0
        }
        rules.number(
            "rest", 0...3_600,
            "ramp: before each rate, seconds at most until the servers (--pid) have nothing left to do (60)"
        ) {
            box.options.rest = $0
        }
        rules.number("precision", 0.001...1, "ramp: ends where good and bad are this share apart (0.05)") {
            box.options.precision = $0
        }
        rules.int("waves", 0...1_000, "storm: how often all are cut off and come back (2)") {
            box.options.waves = $0
        }
        rules.flag("no-keys", "messages without client_msg_id") { box.options.hasKeys = false }
    }

    private static func output(_ rules: inout Arguments, _ box: Box) {
        rules.option(
            "pid", "NAME=PID", "a process of the server, for its processor time and memory; again for more"
        ) {
            let parts = $0.split(separator: "=")
            guard parts.count == 2, let pid = Int(parts[1]), ProcessUse(pid: pid) != nil else { return false }
            box.options.processes.append((String(parts[0]), pid))
            return true
        }
        rules.text("json", "FILE", "write a report") { box.options.json = $0 }
        rules.text("plot", "FILE", "ramp: draw latency over load (SVG)") { box.options.plot = $0 }
        rules.text("label", "TEXT", "a name for this run in the report") { box.options.label = $0 }
        rules.flag("quiet", "no progress on standard error") { box.options.isQuiet = true }
    }
}

/// What the limit server shall do.
struct LimitOptions: Sendable {
    var host = "127.0.0.1"
    var port = 0

    init(_ words: [String]) throws(BenchError) {
        let box = Box()
        try LimitOptions.rules(box).read(words)
        self = box.options
    }

    private init() {}

    /// One line for each option.
    static var help: String { rules(Box()).help }

    private final class Box { var options = LimitOptions() }

    private static func rules(_ box: Box) -> Arguments {
        var rules = Arguments()
        rules.text("host", "ADDRESS", "where to listen (127.0.0.1)") { box.options.host = $0 }
        rules.int("port", 0...65_535, "the port; 0: one that is free, which is printed (0)") {
            box.options.port = $0
        }
        return rules
    }
}
