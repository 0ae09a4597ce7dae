import Tokens
import Web

/// Answers `GET /.well-known/jwks.json`.
struct PublicKeys: Operation {
    let keys: KeyRing

    func answer(_ request: Request) async throws -> Response {
        .json(encoded: try keys.publicKeys.json(), headers: ["Cache-Control": "public, max-age=300"])
    }
}
