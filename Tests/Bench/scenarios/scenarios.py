"""What each named scenario is."""

from dataclasses import dataclass, field

MODES = ["fanout", "ramp", "idle", "storm", "slow"]

TRAFFIC = [
    "deliveries_per_cpu_second", "accepted_per_cpu_second", "deliveries_per_second", "accepted_per_second",
    "delivery_milliseconds.p50", "delivery_milliseconds.p99", "delivery_milliseconds.max", "frame_bytes",
    "deliveries_per_loop_second", "generator_cpu_share",
]
#: Limits are on, and higher than anything here: what they cost is in the figures.
HIGH_LIMITS = {
    "LIMITS": "on", "MESSAGE_RATE_LIMIT": "1000000", "MAX_FRAMES_PER_SECOND": "1000000", "MAX_CONNECTIONS_PER_IP": "0",
    "MAX_CONNECTIONS_PER_USER": "0", "MAX_UNFINISHED_PER_IP": "0",
}


@dataclass
class Scenario:
    """A mode of parley-bench with its options, and what the cluster needs for it."""

    mode: str
    words: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=lambda: TRAFFIC)
    settings: dict[str, str] = field(default_factory=dict)
    gateways: int = 1
    eddsa: bool = False
    #: Whether each run needs servers that have done nothing yet.
    needs_fresh: bool = False
    #: Whether the others' frames are as long as Parley's.
    matches_frames: bool = False

    def options(self, is_raw: bool, arguments, sizes: dict[str, int]) -> list[str]:
        """The words for one candidate; those behind -- come last, so that they win."""
        words = list(self.words)
        if self.matches_frames and is_raw and sizes.get("parley"):
            words += ["--size", str(sizes["parley"])]
        if arguments.seconds:
            words += ["--seconds", str(arguments.seconds)]
        return words + arguments.extra


SCENARIOS = {
    "a1": Scenario("fanout", ["--rooms", "1", "--clients", "1000", "--size", "128", "--window", "8"], matches_frames=True),
    "a2": Scenario("fanout", ["--rooms", "1", "--clients", "1000", "--size", "128", "--rate", "20"], matches_frames=True),
    "b2": Scenario(
        "ramp", ["--rooms", "200", "--clients", "5", "--size", "128", "--rate", "1000", "--bound", "100"],
        figures=[*TRAFFIC, "rate"], settings=HIGH_LIMITS, matches_frames=True,
    ),
    "c": Scenario(
        "idle", ["--rooms", "2000", "--clients", "5", "--warmup", "30", "--seconds", "60", "--at-once", "256"],
        figures=[
            "server_bytes_per_connection", "kernel_slab_bytes_per_connection", "kernel_socket_bytes_per_connection",
            "connections", "pings",
        ],
        needs_fresh=True,
    ),
    "d": Scenario(
        "storm",
        ["--rooms", "1000", "--clients", "10", "--rate", "50", "--waves", "2", "--at-once", "512", "--warmup", "3"],
        figures=[
            "connects_per_cpu_second", "first_connects_per_cpu_second", "connects_per_second", "connect_milliseconds.p99",
            "delivery_milliseconds.p99",
        ],
        eddsa=True,
    ),
    "pair": Scenario(
        "pair", ["--rooms", "1", "--clients", "10", "--rate", "100", "--size", "128"],
        figures=["same_node_milliseconds.p50", "other_node_milliseconds.p50", "same_node_milliseconds.p99",
                 "other_node_milliseconds.p99"],
        gateways=2,
    ),
}
