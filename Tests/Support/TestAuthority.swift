internal import Foundation

/// A certificate authority of a test's own, made with the openssl command line; its files go with it.
public final class TestAuthority: Sendable {
    /// A certificate and its key, as PEM files.
    public struct Certificate: Sendable {
        /// The certificate's file.
        public let certificate: String
        /// The key's file.
        public let key: String
    }

    /// The openssl command failed.
    public struct Failure: Error {
        /// What it wrote.
        public let output: String
    }

    /// The file with the authority's own certificate.
    public let file: String
    /// Where all of them are; everybody may enter.
    public let folder: String

    /// Makes an authority with a new key.
    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-ca-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        file = "\(folder)/ca.pem"
        try openssl(
            ["req", "-x509", "-subj", "/CN=Test authority", "-days", "2", "-keyout", "\(folder)/ca.key"]
                + TestAuthority.newKey + ["-out", file])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A certificate for names such as `DNS:localhost,IP:127.0.0.1`, good for so many days from now.
    ///
    /// With -1 its end was yesterday.
    public func issue(_ name: String, for names: String, days: Int = 2) throws -> Certificate {
        let made = Certificate(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        let (request, extensions) = ("\(folder)/\(name).csr", "\(folder)/\(name).extensions")
        try Data("subjectAltName=\(names)\nbasicConstraints=critical,CA:FALSE\n".utf8)
            .write(to: URL(fileURLWithPath: extensions))
        try openssl(
            ["req", "-new", "-subj", "/CN=\(name)", "-keyout", made.key, "-out", request]
                + TestAuthority.newKey)
        try openssl(
            ["x509", "-req", "-in", request, "-CA", file, "-CAkey", "\(folder)/ca.key"]
                + ["-set_serial", String(UInt32.random(in: 1...UInt32.max))]
                + ["-days", String(days), "-extfile", extensions, "-out", made.certificate])
        return made
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func openssl(_ arguments: [String]) throws {
        let (status, output) = try Command.run(["openssl"] + arguments)
        guard status == 0 else { throw Failure(output: output) }
    }
}

/// A command of the system, run to its end; blocks.
public enum Command {
    /// Its exit code and all that it wrote, given `input` to read.
    public static func run(_ command: [String], input: String = "") throws -> (status: Int32, output: String)
    {
        let process = Process()
        let (into, out) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = into
        process.standardOutput = out
        process.standardError = out
        try process.run()
        try into.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try into.fileHandleForWriting.close()
        let output = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
