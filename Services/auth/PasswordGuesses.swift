import Engine
import Schema
import Web

/// Where passwords are tried: at the log-in, and where one is changed.
///
/// Both count for the same, as who has somebody's token may not guess faster than who has not. Two bounds hold: that of
/// one account from one address (`LoginThrottle`), and that of one address whichever the accounts, as who tries one
/// leaked password each on ten thousand of them.
final class PasswordGuesses {
    /// The time in which all failures of an address are forgiven.
    static let windowSeconds = 900

    /// Nil where limits are off.
    private var throttle: LoginThrottle?
    /// Nil where there is no such limit.
    private var failures: Allowances<AddressKey>?
    private let proxies: TrustedProxies
    private let clock: () -> Instant
    private let onRefusal: () -> Void

    /// `failuresPerAddress`: 0 is no limit; `onRefusal`: called for each that goes beyond it.
    init(
        throttle: LoginThrottle?, failuresPerAddress: Int, proxies: TrustedProxies,
        clock: @escaping () -> Instant, onRefusal: @escaping () -> Void
    ) {
        self.throttle = throttle
        failures =
            failuresPerAddress > 0
            ? Allowances(most: failuresPerAddress, windowSeconds: Self.windowSeconds) : nil
        self.proxies = proxies
        self.clock = clock
        self.onRefusal = onRefusal
    }

    /// Runs a try, which answers nil where the password is wrong; throws `TooMany` where it comes too soon.
    func run<T>(
        as user: String, by request: Request, _ body: () async throws -> T?
    ) async throws -> T? {
        let address = address(of: request)
        // What is no handle is a stranger's text of any length, and no account's: all of it is one.
        let key = LoginThrottle.Key(user: UserHandle(user)?.text ?? "", address: address)
        try begin(key)
        let result: T?
        do { result = try await body() } catch {
            throttle?.abandoned(key, now: now)
            throw error
        }
        if result == nil {
            throttle?.failed(key, now: now)
            // Loopback is this machine, or a proxy that does not tell whom it asks for: all of them would have to wait.
            if !address.isLoopback { failures?.spend(address, now: clock().milliseconds) }
        } else {
            throttle?.succeeded(key, now: now)
        }
        return result
    }

    /// Whom a request counts for.
    func address(of request: Request) -> AddressKey { AddressKey(proxies.client(of: request)) }

    private func begin(_ key: LoginThrottle.Key) throws {
        if let failures, let seconds = failures.wait(of: key.address, now: clock().milliseconds) {
            onRefusal()
            throw TooMany(
                policy: "login-failures", quota: failures.most, windowSeconds: failures.windowSeconds,
                retryAfterSeconds: seconds)
        }
        guard let seconds = throttle?.begin(key, now: now) else { return }
        throw TooMany(
            policy: "login", quota: LoginThrottle.freeFailures,
            windowSeconds: Int(LoginThrottle.memorySeconds), retryAfterSeconds: seconds)
    }

    private var now: Int64 { clock().milliseconds / 1000 }
}
