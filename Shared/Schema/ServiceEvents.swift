// What `data` holds when a part of the service fails, and when it is back (protocol, 4.2).

/// A part that can fail while connections stay.
public enum ServiceComponent: String, Hashable, Sendable, CaseIterable {
    case bus
    case history
    case presence

    /// What it means for people that it has failed.
    public var degradedEffect: String {
        switch self {
        case .bus: "Messages wait or are refused, and nothing new arrives meanwhile."
        case .history: "Older messages cannot be loaded, and new ones wait to be stored. Chat goes on."
        case .presence: "Who is online stands still. Chat goes on."
        }
    }

    /// What it means for people that it is back.
    public var restoredEffect: String {
        switch self {
        case .bus: "Messages are taken and delivered again, those of the meantime included."
        case .history: "Older messages can be loaded, and messages are stored again."
        case .presence: "Who is online is up to date again."
        }
    }
}

/// `service_degraded`: a part has failed; the connection stays.
public struct ServiceDegraded: Payload, Hashable {
    /// Which part.
    public var component: ServiceComponent

    /// Takes the part.
    public init(_ component: ServiceComponent) { self.component = component }

    /// The type.
    public var type: EventType { .serviceDegraded }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("component", component.rawValue)
        data.member("effect", component.degradedEffect)
    }
}

/// `service_restored`: a part that had failed is back.
public struct ServiceRestored: Payload, Hashable {
    /// Which part.
    public var component: ServiceComponent

    /// Takes the part.
    public init(_ component: ServiceComponent) { self.component = component }

    /// The type.
    public var type: EventType { .serviceRestored }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("component", component.rawValue)
        data.member("effect", component.restoredEffect)
    }
}
