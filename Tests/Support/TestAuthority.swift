internal import Foundation
internal import Glibc
internal import Synchronization

/// A certificate authority of a test's own, made with the openssl command line; its files go with the process.
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
    public init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "parley-ca-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        Leftovers.removeAtExit(folder)
        file = "\(folder)/ca.pem"
        try await openssl(
            ["req", "-x509", "-subj", "/CN=Test authority", "-days", "2", "-keyout", "\(folder)/ca.key"]
                + TestAuthority.newKey + ["-out", file])
    }

    /// A certificate for names such as `DNS:localhost,IP:127.0.0.1`, good for so many days from now.
    ///
    /// With -1 its end was yesterday.
    public func issue(_ name: String, for names: String, days: Int = 2) async throws -> Certificate {
        let made = Certificate(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        let (request, extensions) = ("\(folder)/\(name).csr", "\(folder)/\(name).extensions")
        try Data("subjectAltName=\(names)\nbasicConstraints=critical,CA:FALSE\n".utf8)
            .write(to: URL(fileURLWithPath: extensions))
        try await openssl(
            ["req", "-new", "-subj", "/CN=\(name)", "-keyout", made.key, "-out", request]
                + TestAuthority.newKey)
        try await openssl(
            ["x509", "-req", "-in", request, "-CA", file, "-CAkey", "\(folder)/ca.key"]
                + ["-set_serial", String(UInt32.random(in: 1...UInt32.max))]
                + ["-days", String(days), "-extfile", extensions, "-out", made.certificate])
        return made
    }

    private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func openssl(_ arguments: [String]) async throws {
        let (status, output) = try await Command.run(["openssl"] + arguments)
        guard status == 0 else { throw Failure(output: output) }
    }
}

/// Folders that are removed when the process ends: whoever holds only a path into one keeps nothing alive.
private enum Leftovers {
    private static let folders = Mutex<[String]>([])
    private static let isArmed: Void = {
        atexit { Leftovers.removeAll() }
    }()

    static func removeAtExit(_ folder: String) {
        isArmed
        folders.withLock { $0.append(folder) }
    }

    private static func removeAll() {
        for folder in folders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
    }
}
