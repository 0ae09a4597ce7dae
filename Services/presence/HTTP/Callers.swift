import Bus
import Schema
import Web

/// Who asks, by `Authorization: Bearer` (RFC 6750).
struct Callers {
    let authority: Authority

    func caller(of request: Request) throws(Problem) -> Identity {
        switch bearer(of: request).flatMap(authority.identity) {
        case .success(let identity): return identity
        case .failure(let failure): throw Problem(failure.code)
        }
    }

    /// The same, for operators only.
    func administrator(of request: Request) throws(Problem) -> Identity {
        let caller = try caller(of: request)
        guard caller.isAdministrator else { throw Problem(.forbidden) }
        return caller
    }

    private func bearer(of request: Request) -> Result<Substring, AuthenticationFailure> {
        guard let field = request.headers["Authorization"] else { return .failure(.missing) }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, Headers.equal(String(parts[0]), "Bearer") else { return .failure(.missing) }
        return .success(parts[1])
    }
}
