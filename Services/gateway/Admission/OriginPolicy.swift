/// Which pages may connect: an exact match of scheme, host and port, never of a part (protocol, 4.5).
struct OriginPolicy {
    private let allowed: Set<WebOrigin>
    private let allowsAll: Bool

    /// Takes the list of the settings; an empty one allows the request's own host.
    init(_ origins: [String]) {
        allowsAll = origins.contains("*")
        allowed = Set(origins.compactMap { WebOrigin($0) })
    }

    /// Whether a request with these `Origin` fields, to this `Host`, may connect; without an origin it is no page's.
    func allows(origins: [String], host: String?) -> Bool {
        guard !origins.isEmpty, !allowsAll else { return true }
        // No browser sends two, and others might heed another than we do.
        guard origins.count == 1, let origin = WebOrigin(origins[0]) else { return false }
        guard allowed.isEmpty else { return allowed.contains(origin) }
        return host.map(origin.isSame) ?? false
    }
}
