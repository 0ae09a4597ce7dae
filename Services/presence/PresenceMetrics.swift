import Hosting

/// What presence counts.
struct PresenceMetrics: Sendable {
    let gateways: Gauge
    let people: Gauge
    let sweptIncarnations: Counter
    let wentOffline: Counter
    let leftRooms: Counter
    let failedSweeps: Counter

    init(_ registry: Registry) {
        gateways = registry.gauge("parley_presence_gateways", help: "Gateways whose lease is alive.")
        people = registry.gauge(
            "parley_presence_people_online",
            help: "People with a device, counted once for each gateway that they are connected to.")
        sweptIncarnations = registry.counter(
            "parley_presence_incarnations_swept_total", help: "Dead gateway incarnations cleared away.")
        let transitions = "parley_presence_transitions_total"
        let help = "Last devices and last rooms that ended because a gateway died."
        wentOffline = registry.counter(transitions, help: help, labels: ["kind": "offline"])
        leftRooms = registry.counter(transitions, help: help, labels: ["kind": "user_left"])
        failedSweeps = registry.counter(
            "parley_presence_sweeps_failed_total", help: "Sweeps that Redis did not let finish.")
    }
}
