/// A library of Redis functions: its Lua source, whose first line names it (`#!lua name=room_v1`).
public struct FunctionLibrary: Sendable, Hashable {
    /// The name in the first line of the source; it carries a version.
    public let name: String
    /// The Lua text.
    public let source: String

    /// Names a library and its source.
    public init(name: String, source: String) {
        self.name = name
        self.source = source
    }
}

/// A function of a library, called by `FCALL`.
public struct RedisFunction: Sendable, Hashable {
    /// The registered name.
    public let name: String
    /// The library to load where Redis does not know the function.
    public let library: FunctionLibrary
    /// Whether the function writes nothing (`FCALL_RO`).
    public let isReadOnly: Bool

    /// Names a function of a library.
    public init(name: String, library: FunctionLibrary, isReadOnly: Bool = false) {
        self.name = name
        self.library = library
        self.isReadOnly = isReadOnly
    }

    /// The command that calls the function, in parts: calls of many messages are long, and need not be copied together.
    func call(keys: [RedisArgument], arguments: [RedisArgument]) -> [[RedisArgument]] {
        [[isReadOnly ? "FCALL_RO" : "FCALL", .text(name), .int(Int64(keys.count))], keys, arguments]
    }
}

extension FunctionLibrary {
    /// Loads the library, over an older one of the same name.
    var loadCommand: [RedisArgument] { ["FUNCTION", "LOAD", "REPLACE", .text(source)] }

    /// Asks whether Redis has the library.
    var listCommand: [RedisArgument] { ["FUNCTION", "LIST", "LIBRARYNAME", .text(name), "WITHCODE"] }

    /// Whether the answer to ``listCommand`` holds this very source: a name alone could be that of an earlier
    /// draft, kept by the append-only file.
    func isListed(in reply: RedisReply) -> Bool {
        (reply.array ?? []).contains { entry in
            entry["library_name"].text == name && entry["library_code"].text == source
        }
    }
}

extension RedisError {
    /// Whether Redis does not know the function that was called, so that nothing has been run.
    var isFunctionNotFound: Bool { self == .server("ERR Function not found") }
}
