/// Which pages may connect: an exact match of scheme, host and port, never of a part (protocol, 4.5).
struct OriginPolicy {
    private let allowed: Set<String>
    private let allowsAll: Bool

    /// Takes the list of the settings; an empty one allows the request's own host.
    init(_ origins: [String]) {
        allowsAll = origins.contains("*")
        allowed = Set(origins.map { $0.lowercased() })
    }

    /// Whether a request with this `Origin`, to this `Host`, may connect; without an origin it is no page's.
    func allows(origin: String?, host: String?) -> Bool {
        guard let origin = origin?.lowercased(), !allowsAll else { return true }
        guard allowed.isEmpty else { return allowed.contains(origin) }
        guard let host = host?.lowercased(), let scheme = origin.firstRange(of: "://") else { return false }
        return OriginPolicy.authority(String(origin[scheme.upperBound...]), of: origin)
            == OriginPolicy.authority(host, of: origin)
    }

    /// Host and port, without the port that the origin's scheme implies.
    private static func authority(_ text: String, of origin: String) -> String {
        let implied = origin.hasPrefix("https:") ? ":443" : ":80"
        return text.hasSuffix(implied) ? String(text.dropLast(implied.count)) : text
    }
}
