/// Which pages may connect and call: an exact match of scheme, host and port, never of a part (protocol, 4.5).
public struct OriginPolicy: Sendable, Hashable {
    private let allowed: Set<WebOrigin>
    private let allowsAll: Bool

    /// Takes the list of the settings; an empty one allows the request's own host.
    public init(_ origins: [String] = []) {
        allowsAll = origins.contains("*")
        allowed = Set(origins.compactMap { WebOrigin($0) })
    }

    /// Whether a request with these `Origin` fields, to this `Host`, may connect; without an origin it is no page's.
    public func allows(origins: [String], host: String?) -> Bool {
        guard !origins.isEmpty, !allowsAll else { return true }
        // No browser sends two, and others might heed another than we do.
        guard origins.count == 1, let origin = WebOrigin(origins[0]) else { return false }
        guard allowed.isEmpty else { return allowed.contains(origin) }
        return host.map(origin.isSame) ?? false
    }

    /// Whether what one page may read differs from what another may.
    var isByOrigin: Bool { !allowsAll && !allowed.isEmpty }

    /// Who may read the answer to a request with these `Origin` fields, besides pages of its own host: as
    /// `Access-Control-Allow-Origin` says it; nil for nobody.
    func readers(of origins: [String]) -> String? {
        if allowsAll { return "*" }
        guard origins.count == 1, let origin = WebOrigin(origins[0]), allowed.contains(origin) else {
            return nil
        }
        return origins[0]
    }
}
