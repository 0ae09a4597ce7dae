/// The version of all of Parley: the services are built and released together.
public enum Version {
    /// Semantic version (semver.org).
    public static let current = "0.1.0"
}
