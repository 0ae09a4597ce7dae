import Access
import Bus
import Web

/// Tells who sends a request, and sees to it that they have an account.
struct Bearer {
    let callers: Callers
    let visitors: Visitors

    func identity(of request: Request) async throws -> Identity {
        let caller = try callers.caller(of: request)
        try await visitors.seen(caller)
        return caller
    }
}
