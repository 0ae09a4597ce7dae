internal import Foundation

/// A command of the system, run to its end.
public enum Command {
    /// As `runBlocking`, on a thread of its own.
    public static func run(
        _ command: [String], input: String = ""
    ) async throws -> (status: Int32, output: String) {
        try await blocking { try runBlocking(command, input: input) }
    }

    /// Its exit code and all that it wrote, given `input` to read.
    ///
    /// Through files: the ends of a pipe could be inherited by a server that another test starts, and never close.
    public static func runBlocking(_ command: [String], input: String = "") throws -> (
        status: Int32, output: String
    ) {
        let base = FileManager.default.temporaryDirectory.appending(
            path: "parley-command-\(UUID().uuidString)")
        let (into, out) = (base.appendingPathExtension("in"), base.appendingPathExtension("out"))
        defer {
            try? FileManager.default.removeItem(at: into)
            try? FileManager.default.removeItem(at: out)
        }
        try Data(input.utf8).write(to: into)
        try Data().write(to: out)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = try FileHandle(forReadingFrom: into)
        let output = try FileHandle(forWritingTo: out)
        process.standardOutput = output
        process.standardError = output
        try process.start {}
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: try Data(contentsOf: out), as: UTF8.self))
    }
}
