public import Bus
internal import Schema
public import Web

/// Tells who sends a request, by its access token.
public struct Callers {
    private let authority: Authority

    /// Believes whom `authority` believes; on its loop.
    public init(authority: Authority) {
        self.authority = authority
    }

    /// Who asks; throws the challenge where nobody is shown.
    public func caller(of request: Request) throws(Problem) -> Identity {
        guard let token = request.bearerToken else { throw Problem(AuthenticationFailure.missing) }
        switch authority.identity(of: token) {
        case .success(let identity): return identity
        case .failure(let failure): throw Problem(failure)
        }
    }

    /// The same, for operators only.
    public func administrator(of request: Request) throws(Problem) -> Identity {
        let caller = try caller(of: request)
        guard caller.isAdministrator else { throw Problem(ErrorCode.forbidden) }
        return caller
    }
}
