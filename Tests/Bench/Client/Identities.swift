import Engine
import FoundationEssentials
import Tokens

/// Who the clients are: signed by us where we are given the means, else registered.
enum Identities {
    /// One token for each client, or fewer that clients share.
    static func tokens(_ options: Options, names: String, rest: Rest) async throws -> [String] {
        let count = options.rooms * options.clients
        if let signer = try signer(options) {
            return try (0..<count).map { try sign(signer, options, name: "\(names)-\($0)") }
        }
        var tokens: [String] = []
        for number in 0..<(options.accounts > 0 ? options.accounts : min(count, 64)) {
            tokens.append(try await register("\(names)-\(number)", rest))
        }
        return tokens
    }

    private static func signer(_ options: Options) throws -> TokenSigner? {
        if let secret = options.secret { return try TokenSigner(hs256Secret: Array(secret.utf8)) }
        guard let file = options.keyFile else { return nil }
        let pem = try String(contentsOf: URL(filePath: file), encoding: .utf8)
        return TokenSigner(key: try SigningKey(pem: pem))
    }

    private static func sign(_ signer: TokenSigner, _ options: Options, name: String) throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        return try signer.sign(
            TokenClaims(
                iss: options.issuer, aud: [options.audience], sub: name, exp: now + 86_400, iat: now,
                nbf: now,
                jti: "\(name)-token", sid: "\(name)-session", name: name, roles: ["member"]))
    }

    private struct Login: Decodable { let access_token: String }

    private static func register(_ name: String, _ rest: Rest) async throws -> String {
        let answer = try await rest.post(
            "/auth/register", ["username": name, "password": "bench-\(UUID().uuidString)"])
        guard answer.status == 201, let login = try? JSONDecoder().decode(Login.self, from: Data(answer.body))
        else {
            throw BenchError.server("POST /auth/register: status \(answer.status)")
        }
        return login.access_token
    }

    /// Makes public rooms, some at once, which belong to the owner of the token.
    static func makeRooms(_ rooms: [String], token: String, rest: Rest, mayExist: Bool) async throws {
        try await withThrowingTaskGroup { group in
            for part in 0..<8 {
                group.addTask {
                    for index in stride(from: part, to: rooms.count, by: 8) {
                        try await makeRoom(rooms[index], token: token, rest: rest, mayExist: mayExist)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func makeRoom(_ room: String, token: String, rest: Rest, mayExist: Bool) async throws {
        let answer = try await rest.post(
            "/rooms", ["id": room, "name": room, "visibility": "public"], token: token)
        let isThere = answer.status == 201 || mayExist && answer.status == 409
        guard isThere else { throw BenchError.server("POST /rooms: status \(answer.status)") }
    }
}
