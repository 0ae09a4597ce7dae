/// With whom a listener shares its port.
public enum PortSharing: Sendable {
    /// With nobody.
    case none
    /// With further listeners of this process, which come after it; where somebody else listens, it is refused.
    case first
    /// With the first, and the others.
    case further
}
